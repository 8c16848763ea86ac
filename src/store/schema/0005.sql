-- What the source itself says of a complaint, so that it is heard where it changes its word and nowhere else: people
-- may have judged otherwise. (`damage_level` is the source's, too.)

-- NULL: before this was kept.
ALTER TABLE complaints ADD COLUMN kind TEXT;
