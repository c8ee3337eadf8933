-- Settings, topics, and the registry: which module handles what. Changed by people and deploys, read by everybody.

CREATE TABLE mesh.setting (
    name text PRIMARY KEY,
    value text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE mesh.setting IS 'Settings of the whole mesh that every process must agree on.';
COMMENT ON COLUMN mesh.setting.name IS 'The setting: partitions, broker_durable, outbox_slot_bytes, deduplication_hours, random_secret (mixed into guests'' random bytes).';
COMMENT ON COLUMN mesh.setting.value IS 'Its value as text.';
COMMENT ON COLUMN mesh.setting.updated_at IS 'When it was last changed.';

INSERT INTO mesh.setting (name, value) VALUES
    ('partitions', '16'),
    ('broker_durable', 'true'),
    ('outbox_slot_bytes', '67108864'),
    ('deduplication_hours', '24'),
    ('random_secret', gen_random_uuid()::text || gen_random_uuid()::text);

-- A setting's value; the settings are few and the function is only called per batch.
CREATE FUNCTION mesh.setting_value(wanted text) RETURNS text
    LANGUAGE sql STABLE
    RETURN (SELECT s.value FROM mesh.setting s WHERE s.name = wanted);
COMMENT ON FUNCTION mesh.setting_value(text) IS 'The value of a setting, or null.';

CREATE TABLE mesh.topic (
    name text PRIMARY KEY CHECK (name <> '' AND length(name) <= 249),
    kind text NOT NULL CHECK (kind IN ('calls', 'event', 'replies', 'dead')),
    partitions integer NOT NULL CHECK (partitions > 0),
    map_epoch bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE mesh.topic IS 'The topics of the mesh as it created or checked them; a topic that has another partition count on the broker is refused.';
COMMENT ON COLUMN mesh.topic.name IS 'The topic''s name on the broker.';
COMMENT ON COLUMN mesh.topic.kind IS 'calls (of one service), event, replies, or dead (the mirror of a service''s dead letters).';
COMMENT ON COLUMN mesh.topic.partitions IS 'The partition count; keys are mapped to partitions by it, so it never changes by accident.';
COMMENT ON COLUMN mesh.topic.map_epoch IS 'Rises when the partition count is changed on purpose.';
COMMENT ON COLUMN mesh.topic.created_at IS 'When the mesh first recorded the topic.';

CREATE TABLE mesh.artifact (
    digest text PRIMARY KEY CHECK (digest <> ''),
    wasm bytea NOT NULL,
    schema bytea NOT NULL,
    size integer GENERATED ALWAYS AS (octet_length(wasm)) STORED,
    created_at timestamptz NOT NULL DEFAULT now()
);
-- A module doesn't compress well, and it is read whole.
ALTER TABLE mesh.artifact ALTER COLUMN wasm SET STORAGE EXTERNAL;
COMMENT ON TABLE mesh.artifact IS 'Deployed modules, addressed by their content; kept, so that an old one can be deployed again.';
COMMENT ON COLUMN mesh.artifact.digest IS 'SHA-256 of the module.';
COMMENT ON COLUMN mesh.artifact.wasm IS 'The module.';
COMMENT ON COLUMN mesh.artifact.schema IS 'The compiled schema, as it stands in the module''s custom section.';
COMMENT ON COLUMN mesh.artifact.size IS 'The module''s size in bytes.';
COMMENT ON COLUMN mesh.artifact.created_at IS 'When it was first deployed.';

CREATE TABLE mesh.deployment (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest text NOT NULL REFERENCES mesh.artifact,
    namespace text NOT NULL,
    version text NOT NULL,
    services text[] NOT NULL,
    pool text NOT NULL,
    replaced jsonb NOT NULL DEFAULT '{}',
    deployed_by text NOT NULL,
    deployed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE mesh.deployment IS 'The history of deploys, a row each; mesh.service says what is active.';
COMMENT ON COLUMN mesh.deployment.id IS 'Rises with each deploy.';
COMMENT ON COLUMN mesh.deployment.digest IS 'The module that was deployed.';
COMMENT ON COLUMN mesh.deployment.namespace IS 'The schema''s namespace.';
COMMENT ON COLUMN mesh.deployment.version IS 'The schema''s version.';
COMMENT ON COLUMN mesh.deployment.services IS 'The qualified names of the services it brought.';
COMMENT ON COLUMN mesh.deployment.pool IS 'The pool of workers that runs them.';
COMMENT ON COLUMN mesh.deployment.replaced IS 'What each service ran before: service to digest.';
COMMENT ON COLUMN mesh.deployment.deployed_by IS 'Who deployed it.';
COMMENT ON COLUMN mesh.deployment.deployed_at IS 'When.';

CREATE TABLE mesh.service (
    name text PRIMARY KEY,
    digest text NOT NULL REFERENCES mesh.artifact,
    deployment bigint NOT NULL REFERENCES mesh.deployment,
    pool text NOT NULL,
    state_type text,
    state_view text
);
COMMENT ON TABLE mesh.service IS 'The services of the mesh and the module each runs now.';
COMMENT ON COLUMN mesh.service.name IS 'The qualified name: shop.Orders.';
COMMENT ON COLUMN mesh.service.digest IS 'The module it runs.';
COMMENT ON COLUMN mesh.service.deployment IS 'The deploy that brought it.';
COMMENT ON COLUMN mesh.service.pool IS 'The pool of workers that runs it; their consumer group is wasmesh.<pool>.';
COMMENT ON COLUMN mesh.service.state_type IS 'The type of its state, or null.';
COMMENT ON COLUMN mesh.service.state_view IS 'The view that shows its state in columns: shop.orders.';

CREATE TABLE mesh.route (
    kind text NOT NULL CHECK (kind IN ('method', 'handler', 'emitter')),
    name text NOT NULL,
    service text NOT NULL REFERENCES mesh.service ON DELETE CASCADE,
    method text NOT NULL,
    topic text NOT NULL,
    key_path text[],
    exposed boolean NOT NULL DEFAULT false,
    PRIMARY KEY (kind, name, service, method)
);
CREATE INDEX route_service ON mesh.route (service);
COMMENT ON TABLE mesh.route IS 'Who takes which call, and who hears and who emits which event.';
COMMENT ON COLUMN mesh.route.kind IS 'method (takes calls), handler (takes an event), emitter (declares an event).';
COMMENT ON COLUMN mesh.route.name IS 'The call''s target (shop.Orders/place) or the event''s name (order.placed).';
COMMENT ON COLUMN mesh.route.service IS 'The service, qualified.';
COMMENT ON COLUMN mesh.route.method IS 'The method''s own name.';
COMMENT ON COLUMN mesh.route.topic IS 'The topic that carries it.';
COMMENT ON COLUMN mesh.route.key_path IS 'Where the key stands in the data; null where the schema names no place.';
COMMENT ON COLUMN mesh.route.exposed IS 'True where the router offers it to the outside.';

CREATE TABLE mesh.capability_grant (
    service text NOT NULL,
    capability text NOT NULL,
    granted_by text NOT NULL,
    granted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (service, capability)
);
COMMENT ON TABLE mesh.capability_grant IS 'What a service may do beyond its own state and messages; nothing is allowed that isn''t here.';
COMMENT ON COLUMN mesh.capability_grant.service IS 'The service, qualified.';
COMMENT ON COLUMN mesh.capability_grant.capability IS 'What it may do.';
COMMENT ON COLUMN mesh.capability_grant.granted_by IS 'Who allowed it.';
COMMENT ON COLUMN mesh.capability_grant.granted_at IS 'When.';

CREATE TABLE mesh.fact (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    details jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX fact_at ON mesh.fact (at);
COMMENT ON TABLE mesh.fact IS 'The audit trail: who did what to the mesh.';
COMMENT ON COLUMN mesh.fact.id IS 'Rises with each fact.';
COMMENT ON COLUMN mesh.fact.at IS 'When.';
COMMENT ON COLUMN mesh.fact.actor IS 'Who: the admin token''s name, or the program.';
COMMENT ON COLUMN mesh.fact.action IS 'What: deploy, redrive, discard, reset, token.';
COMMENT ON COLUMN mesh.fact.subject IS 'To what.';
COMMENT ON COLUMN mesh.fact.details IS 'Further facts.';

CREATE TABLE mesh.admin_token (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);
COMMENT ON TABLE mesh.admin_token IS 'Bearer tokens of the control plane; a token is shown once, only its hash is kept.';
COMMENT ON COLUMN mesh.admin_token.id IS 'Names the token.';
COMMENT ON COLUMN mesh.admin_token.name IS 'Whose it is; the actor in mesh.fact.';
COMMENT ON COLUMN mesh.admin_token.hash IS 'SHA-256 of the token.';
COMMENT ON COLUMN mesh.admin_token.created_at IS 'When it was made.';
COMMENT ON COLUMN mesh.admin_token.revoked_at IS 'When it was taken back; null while it is good.';

CREATE TABLE mesh.worker (
    id text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('worker', 'router', 'relay', 'dev')),
    incarnation text NOT NULL,
    host text NOT NULL,
    pid integer NOT NULL,
    pool text,
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    details jsonb NOT NULL DEFAULT '{}'
) WITH (fillfactor = 50);
COMMENT ON TABLE mesh.worker IS 'The processes of the mesh, by their heartbeats.';
COMMENT ON COLUMN mesh.worker.id IS 'The process''s name.';
COMMENT ON COLUMN mesh.worker.kind IS 'worker, router, relay, or dev (all in one).';
COMMENT ON COLUMN mesh.worker.incarnation IS 'Made new at each start, so that two processes of one name are told apart.';
COMMENT ON COLUMN mesh.worker.host IS 'Where it runs.';
COMMENT ON COLUMN mesh.worker.pid IS 'Its process id there.';
COMMENT ON COLUMN mesh.worker.pool IS 'The pool it serves; null for others than workers.';
COMMENT ON COLUMN mesh.worker.started_at IS 'When it started.';
COMMENT ON COLUMN mesh.worker.seen_at IS 'Its last heartbeat.';
COMMENT ON COLUMN mesh.worker.details IS 'What it says of itself.';
