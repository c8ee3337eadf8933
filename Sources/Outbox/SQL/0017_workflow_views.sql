-- Workflows for people: lists by start, and views that answer the usual questions in one statement each.

-- Filled at its right end only, so it costs a start next to nothing.
CREATE INDEX workflow_started ON mesh.workflow (started_at);
