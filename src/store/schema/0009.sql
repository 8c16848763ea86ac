-- Blind indexes of names and addresses that a large pull brings by the thousand, as sorted runs. One by one in the table of
-- identifiers, each would be put into three trees, two of them at a place that chance says.
CREATE TABLE identifier_runs (
    no    INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    -- How often its records were merged.
    level INTEGER NOT NULL CHECK (level >= 0)
) STRICT;

CREATE TABLE identifier_chunks (
    no      INTEGER NOT NULL PRIMARY KEY,
    run     INTEGER NOT NULL REFERENCES identifier_runs (no),
    first   BLOB NOT NULL CHECK (length(first) = 25),
    -- 25 bytes each, sorted: the kind (1), the blind index (16), the customer's number (8, big-endian; 0: nobody's).
    records BLOB NOT NULL CHECK (length(records) > 0 AND length(records) % 25 = 0),
    UNIQUE (run, first)
) STRICT;
