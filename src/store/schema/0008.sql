-- Witnesses: other data that would have given the same releases, as differences from the true ones. They prove that the
-- releases disclose nothing. Whoever has them is quicker with the next release; without them all is found again.
CREATE TABLE witnesses (
    no          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    -- JSON: the components in which they differ.
    components  TEXT NOT NULL CHECK (json_valid(components)),
    -- Differences are in this many units.
    scale       REAL NOT NULL CHECK (scale > 0),
    -- 17 bytes each, little-endian: the group (64 bits), the component's place (8), the difference (binary64).
    differences BLOB NOT NULL CHECK (length(differences) % 17 = 0)
) STRICT;
