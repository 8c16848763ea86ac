-- Instants are microseconds since 1970 in UTC, days ISO 8601 texts in the business time zone, amounts
-- minor units of the one currency. A column named sealed_* holds what only the vault can open; nothing
-- else in this file may hold a name, a phone, an e-mail or an address of a customer.

CREATE TABLE meta (
    key   TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE watermarks (
    source         TEXT NOT NULL PRIMARY KEY,
    complete_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- AUTOINCREMENT wherever a number must never name another row, even after a deletion or a restore.
CREATE TABLE customers (
    no                 INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    wrapped_key        BLOB NOT NULL,
    sealed_person      BLOB NOT NULL,
    province           TEXT,
    created_at         INTEGER NOT NULL,
    modified_at        INTEGER NOT NULL,
    first_order_at     INTEGER,
    first_order_source TEXT,
    first_order_id     TEXT,
    CHECK ((first_order_at IS NULL) = (first_order_source IS NULL)),
    CHECK ((first_order_at IS NULL) = (first_order_id IS NULL))
) STRICT;

-- Blind indexes. One without a customer belongs to a person whom only an order or a complaint names.
CREATE TABLE identifiers (
    kind     TEXT NOT NULL CHECK (kind IN ('account', 'phone', 'email', 'name', 'address')),
    blind    BLOB NOT NULL CHECK (length(blind) = 16),
    customer INTEGER REFERENCES customers (no)
) STRICT;
CREATE UNIQUE INDEX identifiers_by_value ON identifiers (kind, blind, coalesce(customer, 0));
CREATE INDEX identifiers_by_customer ON identifiers (customer);

CREATE TABLE orders (
    no             INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    source         TEXT NOT NULL,
    id             TEXT NOT NULL,
    hash           BLOB NOT NULL CHECK (length(hash) = 32),
    customer       INTEGER REFERENCES customers (no),
    sealed_person  BLOB,
    sealed_under   TEXT CHECK (sealed_under IN ('customer', 'system')),
    placed_at      INTEGER NOT NULL,
    status         TEXT NOT NULL CHECK (status IN
        ('pending', 'on-hold', 'processing', 'completed', 'cancelled', 'refunded', 'failed', 'draft', 'trashed')),
    paid_at        INTEGER,
    completed_at   INTEGER,
    cancelled_at   INTEGER,
    modified_at    INTEGER,
    channel        TEXT,
    payment_method TEXT,
    province       TEXT,
    region         TEXT,
    discount       INTEGER NOT NULL CHECK (discount >= 0),
    shipping       INTEGER NOT NULL,
    tax            INTEGER NOT NULL,
    fees           INTEGER NOT NULL,
    total          INTEGER,
    UNIQUE (source, id),
    CHECK ((sealed_person IS NULL) = (sealed_under IS NULL)),
    CHECK (sealed_under <> 'customer' OR customer IS NOT NULL)
) STRICT;
CREATE INDEX orders_by_customer ON orders (customer);
CREATE INDEX orders_by_placed_at ON orders (placed_at);

CREATE TABLE order_lines (
    order_no INTEGER NOT NULL REFERENCES orders (no),
    position INTEGER NOT NULL CHECK (position >= 0),
    id       TEXT NOT NULL,
    product  TEXT NOT NULL,
    sku      TEXT,
    brand    TEXT,
    category TEXT,
    quantity INTEGER NOT NULL CHECK (quantity >= 0),
    gross    INTEGER NOT NULL,
    discount INTEGER NOT NULL CHECK (discount >= 0),
    tax      INTEGER NOT NULL,
    PRIMARY KEY (order_no, position),
    UNIQUE (order_no, id)
) STRICT, WITHOUT ROWID;

-- Refunds and payments may be known before their order is, so they name it as the source does.
CREATE TABLE refunds (
    source      TEXT NOT NULL,
    id          TEXT NOT NULL,
    order_id    TEXT NOT NULL,
    refunded_at INTEGER NOT NULL,
    amount      INTEGER NOT NULL CHECK (amount >= 0),
    line        TEXT,
    quantity    INTEGER CHECK (quantity >= 0),
    PRIMARY KEY (source, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX refunds_by_order ON refunds (source, order_id);

CREATE TABLE payments (
    source           TEXT NOT NULL,
    id               TEXT NOT NULL,
    order_id         TEXT NOT NULL,
    paid_at          INTEGER NOT NULL,
    method           TEXT NOT NULL,
    amount           INTEGER NOT NULL,
    status           TEXT NOT NULL,
    sealed_reference BLOB,
    PRIMARY KEY (source, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX payments_by_order ON payments (source, order_id);

CREATE TABLE runs (
    no              INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    job             TEXT NOT NULL,
    slot            INTEGER NOT NULL,
    -- Why it was claimed, and why its latest attempt ran.
    origin          TEXT NOT NULL CHECK (origin IN ('schedule', 'catch-up', 'manual', 'retry')),
    trigger         TEXT NOT NULL CHECK (trigger IN ('schedule', 'catch-up', 'manual', 'retry')),
    period          TEXT,
    state           TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed', 'held', 'skipped')),
    attempt         INTEGER NOT NULL CHECK (attempt >= 0),
    started_at      INTEGER NOT NULL,
    finished_at     INTEGER,
    next_attempt_at INTEGER,
    message         TEXT NOT NULL,
    details         TEXT NOT NULL CHECK (json_valid(details)),
    UNIQUE (job, slot),
    CHECK ((state = 'running') = (finished_at IS NULL)),
    CHECK (next_attempt_at IS NULL OR state IN ('failed', 'held'))
) STRICT;
CREATE INDEX runs_unfinished ON runs (no) WHERE state = 'running';
CREATE INDEX runs_to_retry ON runs (next_attempt_at) WHERE next_attempt_at IS NOT NULL;

CREATE TABLE paused_jobs (
    job       TEXT NOT NULL PRIMARY KEY,
    paused_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The places of entries, each kept once: there are few, and entries are many.
CREATE TABLE places (
    no             INTEGER NOT NULL PRIMARY KEY,
    product        TEXT NOT NULL,
    brand          TEXT NOT NULL,
    category       TEXT NOT NULL,
    province       TEXT NOT NULL,
    region         TEXT NOT NULL,
    channel        TEXT NOT NULL,
    payment_method TEXT NOT NULL,
    customer_type  TEXT NOT NULL CHECK (customer_type IN ('new', 'returning')),
    UNIQUE (product, brand, category, province, region, channel, payment_method, customer_type)
) STRICT;

CREATE TABLE entries (
    no            INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    order_no      INTEGER NOT NULL REFERENCES orders (no),
    line          TEXT NOT NULL,
    refund        TEXT,
    day           TEXT NOT NULL CHECK (day GLOB '????-??-??'),
    belongs_to    TEXT NOT NULL CHECK (belongs_to GLOB '????-??-??'),
    kind          TEXT NOT NULL CHECK (kind IN ('sale', 'refund', 'reversal')),
    pseudonym     INTEGER NOT NULL,
    place         INTEGER NOT NULL REFERENCES places (no),
    gross         INTEGER NOT NULL,
    discounts     INTEGER NOT NULL,
    refunds       INTEGER NOT NULL,
    orders        INTEGER NOT NULL,
    units         INTEGER NOT NULL,
    cancellations INTEGER NOT NULL,
    new_customers INTEGER NOT NULL,
    tax           INTEGER NOT NULL,
    shipping      INTEGER NOT NULL,
    run           INTEGER REFERENCES runs (no),
    booked_at     INTEGER NOT NULL,
    CHECK (belongs_to <= day)
) STRICT;
CREATE INDEX entries_by_order ON entries (order_no);
CREATE INDEX entries_by_day ON entries (day);
CREATE TRIGGER entries_stay BEFORE UPDATE ON entries
BEGIN SELECT raise(ABORT, 'a booked entry never changes'); END;
CREATE TRIGGER entries_remain BEFORE DELETE ON entries
BEGIN SELECT raise(ABORT, 'a booked entry is never deleted'); END;

CREATE TABLE pages (
    from_day  TEXT NOT NULL PRIMARY KEY CHECK (from_day GLOB '????-??-??'),
    until_day TEXT NOT NULL UNIQUE CHECK (until_day GLOB '????-??-??'),
    file      TEXT NOT NULL UNIQUE,
    sha256    BLOB NOT NULL CHECK (length(sha256) = 32),
    row_count INTEGER NOT NULL CHECK (row_count >= 0),
    sealed_at INTEGER NOT NULL,
    CHECK (from_day < until_day)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER pages_stay BEFORE UPDATE ON pages
BEGIN SELECT raise(ABORT, 'a sealed page never changes'); END;
CREATE TRIGGER pages_remain BEFORE DELETE ON pages
BEGIN SELECT raise(ABORT, 'a sealed page is never deleted'); END;

CREATE TABLE rejected (
    no            INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    source        TEXT NOT NULL,
    feed          TEXT NOT NULL CHECK (feed IN
        ('orders', 'order_lines', 'refunds', 'payments', 'customers', 'complaints')),
    fingerprint   BLOB NOT NULL CHECK (length(fingerprint) = 32),
    -- Counts equal rows, so that none of two is lost.
    occurrence    INTEGER NOT NULL CHECK (occurrence >= 0),
    origin        TEXT NOT NULL,
    row_number    INTEGER NOT NULL CHECK (row_number >= 0),
    column_name   TEXT NOT NULL,
    reason        TEXT NOT NULL,
    sealed_row    BLOB NOT NULL,
    -- The last pass over its feed that met it.
    pass          INTEGER NOT NULL,
    first_seen_at INTEGER NOT NULL,
    last_seen_at  INTEGER NOT NULL,
    healed_at     INTEGER,
    UNIQUE (source, feed, fingerprint, occurrence)
) STRICT;
CREATE INDEX rejected_open ON rejected (source, feed) WHERE healed_at IS NULL;

CREATE TABLE complaints (
    no           INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    source       TEXT NOT NULL,
    id           TEXT NOT NULL,
    customer     INTEGER REFERENCES customers (no),
    sealed_text  BLOB NOT NULL,
    sealed_under TEXT NOT NULL CHECK (sealed_under IN ('customer', 'system')),
    order_id     TEXT,
    channel      TEXT,
    damage_level INTEGER CHECK (damage_level BETWEEN 1 AND 4),
    created_at   INTEGER NOT NULL,
    modified_at  INTEGER NOT NULL,
    UNIQUE (source, id),
    CHECK (sealed_under = 'system' OR customer IS NOT NULL)
) STRICT;
CREATE INDEX complaints_by_customer ON complaints (customer);

CREATE TABLE complaint_events (
    no        INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    complaint INTEGER NOT NULL REFERENCES complaints (no),
    at        INTEGER NOT NULL,
    event     TEXT NOT NULL,
    body      TEXT NOT NULL CHECK (json_valid(body)),
    digest    BLOB NOT NULL CHECK (length(digest) = 32),
    UNIQUE (complaint, digest)
) STRICT;
CREATE TRIGGER complaint_events_stay BEFORE UPDATE ON complaint_events
BEGIN SELECT raise(ABORT, 'a complaint''s event never changes'); END;
CREATE TRIGGER complaint_events_remain BEFORE DELETE ON complaint_events
BEGIN SELECT raise(ABORT, 'a complaint''s event is never deleted'); END;

CREATE TABLE deadline_steps (
    complaint INTEGER NOT NULL REFERENCES complaints (no),
    clock     TEXT NOT NULL,
    deadline  INTEGER NOT NULL,
    step      TEXT NOT NULL,
    recipient TEXT NOT NULL,
    PRIMARY KEY (complaint, clock, deadline, step, recipient)
) STRICT, WITHOUT ROWID;

CREATE TABLE releases (
    no          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    job         TEXT NOT NULL,
    period      TEXT NOT NULL,
    run         INTEGER NOT NULL REFERENCES runs (no),
    provisional INTEGER NOT NULL CHECK (provisional IN (0, 1)),
    state       TEXT NOT NULL CHECK (state IN ('released', 'quarantined')),
    manifest    TEXT NOT NULL CHECK (json_valid(manifest)),
    sha256      BLOB NOT NULL CHECK (length(sha256) = 32),
    created_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX releases_by_period ON releases (job, period);

CREATE TABLE release_cells (
    release_no INTEGER NOT NULL REFERENCES releases (no),
    table_name TEXT NOT NULL,
    ordinal    INTEGER NOT NULL CHECK (ordinal >= 0),
    from_day   TEXT NOT NULL CHECK (from_day GLOB '????-??-??'),
    until_day  TEXT NOT NULL CHECK (until_day GLOB '????-??-??'),
    fixed      TEXT NOT NULL CHECK (json_valid(fixed)),
    measures   TEXT NOT NULL CHECK (json_valid(measures)),
    -- NULL: the cell was withheld.
    shown      TEXT CHECK (json_valid(shown)),
    PRIMARY KEY (release_no, table_name, ordinal),
    CHECK (from_day < until_day)
) STRICT, WITHOUT ROWID;
CREATE INDEX release_cells_by_days ON release_cells (until_day, from_day);
CREATE TRIGGER release_cells_stay BEFORE UPDATE ON release_cells
BEGIN SELECT raise(ABORT, 'a released cell never changes'); END;
CREATE TRIGGER release_cells_remain BEFORE DELETE ON release_cells
BEGIN SELECT raise(ABORT, 'a released cell is never deleted'); END;

CREATE TABLE outbox (
    no          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    release_no  INTEGER REFERENCES releases (no),
    complaint   INTEGER REFERENCES complaints (no),
    kind        TEXT NOT NULL,
    recipient   TEXT NOT NULL,
    message_id  TEXT NOT NULL UNIQUE,
    file        TEXT NOT NULL,
    sha256      BLOB NOT NULL CHECK (length(sha256) = 32),
    state       TEXT NOT NULL CHECK (state IN
        ('pending', 'claimed', 'dot-pending', 'sent', 'refused', 'ambiguous', 'cancelled', 'quarantined')),
    attempts    INTEGER NOT NULL CHECK (attempts >= 0),
    not_before  INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    changed_at  INTEGER NOT NULL,
    note        TEXT NOT NULL
) STRICT;
CREATE INDEX outbox_by_state ON outbox (state, not_before);
CREATE INDEX outbox_by_release ON outbox (release_no);
CREATE INDEX outbox_by_file ON outbox (file);

-- Every change of state, so that a possible duplicate can be told from a certain one.
CREATE TABLE outbox_events (
    no     INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    outbox INTEGER NOT NULL REFERENCES outbox (no),
    at     INTEGER NOT NULL,
    state  TEXT NOT NULL,
    note   TEXT NOT NULL
) STRICT;
CREATE INDEX outbox_events_by_row ON outbox_events (outbox);

CREATE TABLE audit (
    no        INTEGER NOT NULL PRIMARY KEY CHECK (no >= 1),
    at        INTEGER NOT NULL,
    actor     TEXT NOT NULL,
    operation TEXT NOT NULL,
    subject   TEXT NOT NULL,
    reason    TEXT NOT NULL,
    outcome   TEXT NOT NULL,
    hash      BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
BEGIN SELECT raise(ABORT, 'an audit row never changes'); END;
CREATE TRIGGER audit_remains BEFORE DELETE ON audit
BEGIN SELECT raise(ABORT, 'an audit row is never deleted'); END;
