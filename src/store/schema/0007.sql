-- Sources that are read in parts.

-- Orders whose latest state is stored and not yet booked: a pull books them once it has read everything.
CREATE TABLE unbooked (
    source   TEXT NOT NULL,
    order_id TEXT NOT NULL,
    PRIMARY KEY (source, order_id)
) STRICT, WITHOUT ROWID;

-- How far a pull got that has come to no end, in the source's own words; and when the source was last asked which
-- orders it still has.
CREATE TABLE source_progress (
    source   TEXT NOT NULL PRIMARY KEY,
    position TEXT,
    swept_at INTEGER
) STRICT, WITHOUT ROWID;
