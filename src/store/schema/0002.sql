-- What is wrong, and for how long: administrators are told once of each, and once more when it is over.
CREATE TABLE problems (
    no      INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    -- Names the problem, not the attempt: `job/pull`, `report/weekly-sales/2026-W46`, `mail/a@shop.example`.
    key     TEXT NOT NULL,
    trouble TEXT NOT NULL CHECK (trouble IN
        ('failed', 'held', 'quarantined', 'undelivered', 'ambiguous', 'relay', 'disk')),
    what    TEXT NOT NULL,
    run     INTEGER REFERENCES runs (no),
    since   INTEGER NOT NULL,
    -- NULL: nobody was told, for it may yet pass by itself.
    told_at INTEGER,
    over_at INTEGER
) STRICT;
CREATE UNIQUE INDEX problems_open ON problems (key) WHERE over_at IS NULL;

-- What becomes of a message whose acknowledgement was interrupted.
ALTER TABLE outbox ADD COLUMN on_ambiguous TEXT NOT NULL DEFAULT 'resend'
    CHECK (on_ambiguous IN ('resend', 'hold'));
-- Until now a person decided about these.
UPDATE outbox SET on_ambiguous = 'hold' WHERE state = 'ambiguous';
