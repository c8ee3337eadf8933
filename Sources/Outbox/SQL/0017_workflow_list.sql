-- Workflows are listed by their start; the index is filled at its right end only, so it costs a start next to nothing.
CREATE INDEX workflow_started ON mesh.workflow (started_at);
