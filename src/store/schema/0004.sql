-- The books of complaints, from which figures about them are summed.
CREATE TABLE complaint_lines (
    no           INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    complaint    INTEGER NOT NULL REFERENCES complaints (no),
    line         TEXT NOT NULL CHECK (line IN
        ('opened', 'reopened', 'closed-on-time', 'closed', 'on-time', 'breached', 'time', 'compensated')),
    at           INTEGER NOT NULL,
    day          TEXT NOT NULL CHECK (day GLOB '????-??-??'),
    belongs_to   TEXT NOT NULL CHECK (belongs_to GLOB '????-??-??'),
    pseudonym    INTEGER NOT NULL,
    kind         TEXT NOT NULL,
    damage_level INTEGER CHECK (damage_level BETWEEN 1 AND 4),
    channel      TEXT NOT NULL,
    clock        TEXT,
    started      INTEGER,
    compensation INTEGER NOT NULL CHECK (compensation >= 0),
    seconds      INTEGER CHECK (seconds >= 0),
    booked_at    INTEGER NOT NULL,
    CHECK (belongs_to <= day),
    CHECK ((clock IS NULL) = (line NOT IN ('closed-on-time', 'on-time', 'breached', 'time'))),
    CHECK ((started IS NULL) = (clock IS NULL)),
    CHECK ((seconds IS NULL) = (line <> 'time')),
    CHECK (compensation = 0 OR line = 'compensated')
) STRICT;
CREATE INDEX complaint_lines_by_complaint ON complaint_lines (complaint);
CREATE INDEX complaint_lines_by_day ON complaint_lines (day);
CREATE TRIGGER complaint_lines_stay BEFORE UPDATE ON complaint_lines
BEGIN SELECT raise(ABORT, 'a booked line never changes'); END;
CREATE TRIGGER complaint_lines_remain BEFORE DELETE ON complaint_lines
BEGIN SELECT raise(ABORT, 'a booked line is never deleted'); END;

-- Every day before the latest of these is closed: figures about complaints were released for it.
CREATE TABLE complaint_books (
    until_day TEXT NOT NULL PRIMARY KEY CHECK (until_day GLOB '????-??-??'),
    closed_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER complaint_books_stay BEFORE UPDATE ON complaint_books
BEGIN SELECT raise(ABORT, 'closed books stay closed'); END;
CREATE TRIGGER complaint_books_remain BEFORE DELETE ON complaint_books
BEGIN SELECT raise(ABORT, 'closed books stay closed'); END;
