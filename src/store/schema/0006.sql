-- Persons: what people corrected, whom the law had forgotten, and what customers say of their payments.

-- NULL: the customer is here. Else the data key and everything that was sealed under it are destroyed (an empty blob).
ALTER TABLE customers ADD COLUMN erased_at INTEGER;

-- Every change of a customer's field that a person made, or a source after it.
CREATE TABLE corrections (
    no            INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    customer      INTEGER NOT NULL REFERENCES customers (no),
    field         TEXT NOT NULL CHECK (field IN ('phone', 'email', 'name', 'address')),
    at            INTEGER NOT NULL,
    -- `uid:1000`; of a source: `source shop`.
    actor         TEXT NOT NULL,
    -- NULL: a source's own change.
    purpose       TEXT,
    request       TEXT,
    -- Before and after, why, and what was overruled, under the customer's data key.
    sealed_change BLOB NOT NULL,
    CHECK ((purpose IS NULL) = (request IS NULL))
) STRICT;
CREATE INDEX corrections_by_customer ON corrections (customer);
CREATE TRIGGER corrections_stay BEFORE UPDATE ON corrections
BEGIN SELECT raise(ABORT, 'a correction never changes'); END;
CREATE TRIGGER corrections_remain BEFORE DELETE ON corrections
BEGIN SELECT raise(ABORT, 'a correction is never deleted'); END;

-- The correction that stands against what sources go on saying.
CREATE TABLE corrected_fields (
    customer   INTEGER NOT NULL REFERENCES customers (no),
    field      TEXT NOT NULL CHECK (field IN ('phone', 'email', 'name', 'address')),
    correction INTEGER NOT NULL REFERENCES corrections (no),
    PRIMARY KEY (customer, field)
) STRICT, WITHOUT ROWID;

-- Rows of a source whose person was erased: a source that tells them again brings nobody back.
CREATE TABLE erased_rows (
    kind     TEXT NOT NULL CHECK (kind IN ('order', 'complaint', 'account', 'rejected')),
    source   TEXT NOT NULL,
    -- An order's or a complaint's identifier; of the others a hash.
    key      TEXT NOT NULL,
    -- The erased customer; NULL: nobody's, for the row named them without telling who they are.
    customer INTEGER REFERENCES customers (no),
    PRIMARY KEY (kind, source, key)
) STRICT, WITHOUT ROWID;

-- A note may be destroyed once its complaint's person was erased, and only that.
DROP TRIGGER complaint_events_stay;
CREATE TRIGGER complaint_events_stay BEFORE UPDATE ON complaint_events
WHEN NOT (
    NEW.sealed_note IS NULL AND NEW.no IS OLD.no AND NEW.complaint IS OLD.complaint AND NEW.at IS OLD.at
    AND NEW.event IS OLD.event AND NEW.body IS OLD.body AND NEW.digest IS OLD.digest
    AND NEW.recorded_at IS OLD.recorded_at AND NEW.actor IS OLD.actor AND NEW.note_customer IS OLD.note_customer
    AND EXISTS (SELECT 1 FROM complaints c JOIN erased_rows e ON e.source = c.source AND e.key = c.id
                WHERE c.no = OLD.complaint AND e.kind = 'complaint'))
BEGIN SELECT raise(ABORT, 'a complaint''s event never changes'); END;

-- What a customer says of a payment. The latest counts, as long as the payment is the one they spoke of.
CREATE TABLE payment_answers (
    no          INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    source      TEXT NOT NULL,
    payment     TEXT NOT NULL,
    answer      TEXT NOT NULL CHECK (answer IN ('confirmed', 'disputed')),
    -- When the customer said so.
    at          INTEGER NOT NULL,
    channel     TEXT NOT NULL,
    amount      INTEGER NOT NULL,
    complaint   INTEGER REFERENCES complaints (no),
    actor       TEXT NOT NULL,
    recorded_at INTEGER NOT NULL,
    CHECK ((complaint IS NULL) = (answer = 'confirmed'))
) STRICT;
CREATE INDEX payment_answers_by_payment ON payment_answers (source, payment);
CREATE TRIGGER payment_answers_stay BEFORE UPDATE ON payment_answers
BEGIN SELECT raise(ABORT, 'an answer never changes'); END;
CREATE TRIGGER payment_answers_remain BEFORE DELETE ON payment_answers
BEGIN SELECT raise(ABORT, 'an answer is never deleted'); END;
CREATE INDEX payments_by_instant ON payments (paid_at);
