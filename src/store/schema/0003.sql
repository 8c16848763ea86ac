-- Complaints as they are handled: who recorded an event, and with which words.

-- 1: nothing can become due any more. Follows from the events, and is set with each; deadlines do not stand here.
ALTER TABLE complaints ADD COLUMN settled INTEGER NOT NULL DEFAULT 0 CHECK (settled IN (0, 1));
-- Breaches and misuses stay unsettled until the next event or check: the authority may have to know.
UPDATE complaints SET settled = 1 WHERE coalesce((
    SELECT event FROM complaint_events e
    WHERE e.complaint = complaints.no AND e.event IN ('resolved', 'reopened')
    ORDER BY at DESC, no DESC LIMIT 1), '') = 'resolved'
AND NOT EXISTS (
    SELECT 1 FROM complaint_events e
    WHERE e.complaint = complaints.no AND e.body LIKE '%"kind":"data-%');
CREATE INDEX complaints_unsettled ON complaints (no) WHERE settled = 0;

-- NULL: before this was kept.
ALTER TABLE complaint_events ADD COLUMN recorded_at INTEGER;
-- NULL: the source told it.
ALTER TABLE complaint_events ADD COLUMN actor TEXT;
-- What the person wrote with it, under the key of the complaint's words.
ALTER TABLE complaint_events ADD COLUMN sealed_note BLOB;
-- Whose key that is; NULL: the system's. It stays, even if the complaint turns out to be somebody else's.
ALTER TABLE complaint_events ADD COLUMN note_customer INTEGER REFERENCES customers (no);
CREATE INDEX complaint_events_compensated ON complaint_events (at) WHERE event = 'compensated';

-- The source whose order it is about; NULL: the complaint's own.
ALTER TABLE complaints ADD COLUMN order_source TEXT;

-- The message that tells of the step; NULL: it was covered by a later step, or a source's history.
ALTER TABLE deadline_steps ADD COLUMN outbox INTEGER REFERENCES outbox (no);
CREATE INDEX deadline_steps_by_outbox ON deadline_steps (outbox) WHERE outbox IS NOT NULL;
UPDATE deadline_steps SET step = '100%' WHERE step = 'overdue';
