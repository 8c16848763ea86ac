-- A list of more than two words after IN is made into a table for every row that is checked, which takes longer than storing the
-- row. What is allowed stays the same, so no row need be looked at: as SQLite's documentation of ALTER TABLE has it, the text
-- of the schema is changed. The tables that follow make every connection read it anew.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql,
    'kind IN (''account'', ''phone'', ''email'', ''name'', ''address'')',
    'kind = ''account'' OR kind = ''phone'' OR kind = ''email'' OR kind = ''name'' OR kind = ''address''')
WHERE type = 'table' AND name = 'identifiers';
UPDATE sqlite_schema SET sql = replace(sql,
    'status IN
        (''pending'', ''on-hold'', ''processing'', ''completed'', ''cancelled'', ''refunded'', ''failed'', ''draft'', ''trashed'')',
    'status = ''completed'' OR status = ''processing'' OR status = ''pending'' OR status = ''on-hold'' OR status = ''cancelled'' OR status = ''refunded'' OR status = ''failed'' OR status = ''draft'' OR status = ''trashed''')
WHERE type = 'table' AND name = 'orders';
UPDATE sqlite_schema SET sql = replace(sql,
    'kind IN (''sale'', ''refund'', ''reversal'')',
    'kind = ''sale'' OR kind = ''refund'' OR kind = ''reversal''')
WHERE type = 'table' AND name = 'entries';
PRAGMA writable_schema = RESET;

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
