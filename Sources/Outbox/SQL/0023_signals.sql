-- Signals are entries of the journal, in the order in which they came; this is the table that people look for. As in mesh.workflow_step the nth
-- of a name is for the nth receive of it that wasn't given up.
CREATE VIEW mesh.signal AS
    SELECT s.service, s.id, s.run, s.seq, s.name, s.request AS data, s.at AS received_at, r.op AS taken_by
    FROM (
        SELECT j.service, j.id, j.run, j.seq, j.name, j.request, j.at,
            row_number() OVER (PARTITION BY j.service, j.id, j.run, j.name ORDER BY j.seq) AS place
        FROM mesh.journal j WHERE j.kind = 'signal'
    ) s
    LEFT JOIN (
        SELECT n.service, n.id, n.run, n.name, n.op,
            row_number() OVER (PARTITION BY n.service, n.id, n.run, n.name ORDER BY n.op) AS place
        FROM (
            SELECT j.service, j.id, j.run, j.op, min(j.name) FILTER (WHERE j.kind = 'receive') AS name, bool_or(j.kind = 'receive') AS is_receive,
                bool_or(j.kind = 'cancel') AS is_cancelled
            FROM mesh.journal j WHERE j.op > 0 AND j.kind IN ('receive', 'cancel') GROUP BY j.service, j.id, j.run, j.op
        ) n WHERE n.is_receive AND NOT n.is_cancelled
    ) r ON r.service = s.service AND r.id = s.id AND r.run = s.run AND r.name = s.name AND r.place = s.place;
COMMENT ON VIEW mesh.signal IS 'The signals that workflows got, in order; one that a later run took along is there for each.';
COMMENT ON COLUMN mesh.signal.service IS 'The workflow''s service, qualified.';
COMMENT ON COLUMN mesh.signal.id IS 'The workflow''s id.';
COMMENT ON COLUMN mesh.signal.run IS 'The run.';
COMMENT ON COLUMN mesh.signal.seq IS 'The journal entry that it is.';
COMMENT ON COLUMN mesh.signal.name IS 'The method with @signal.';
COMMENT ON COLUMN mesh.signal.data IS 'Its arguments.';
COMMENT ON COLUMN mesh.signal.received_at IS 'When it came.';
COMMENT ON COLUMN mesh.signal.taken_by IS 'The operation that received it (mesh.workflow_step.op); null while it waits for one.';
SELECT mesh.grant_rights();
