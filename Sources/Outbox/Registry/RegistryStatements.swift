import MeshCore
import Postgres
import Schemas

/// The statements of the registry.
enum RegistryStatement {
    /// Deploys come one after the other; nobody who reads has to wait.
    static let lock = Statement("lock registry", "LOCK TABLE mesh.deployment IN SHARE ROW EXCLUSIVE MODE")
    static let requireInForce = Statement("require in force", "SELECT mesh.require_in_force($1::text[], $2::text[])")
    static let deploy = Statement(
        "deploy",
        """
        SELECT id, services, digests FROM mesh.deploy($1::text, $2::bytea, $3::bytea, $4::text, $5::text, $6::text, $7::text,
            $8::text[], $9::text[], ARRAY(SELECT CASE WHEN v.name IS NOT NULL THEN format('%I.%I', v.schema, v.name) END
                FROM unnest($10::text[], $18::text[]) WITH ORDINALITY v(schema, name, place) ORDER BY v.place),
            $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::bool[])
        """)
    /// Names as SQL writes them: `shop.orders`, `"order".orders`.
    static let viewNames = Statement(
        "view names",
        """
        SELECT ARRAY(SELECT format('%I.%I', v.schema, v.name)
            FROM unnest($1::text[], $2::text[]) WITH ORDINALITY v(schema, name, place) ORDER BY v.place)
        """)
    static let viewObstacles = Statement(
        "view obstacles",
        """
        SELECT format('%I.%I stands where %s belongs', v.schema, v.name, v.what)
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY v(schema, name, what, mark, place)
        JOIN pg_namespace n ON n.nspname = v.schema JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = v.name
        WHERE c.relkind <> 'v' OR NOT starts_with(coalesce(obj_description(c.oid, 'pg_class'), ''), v.mark) ORDER BY v.place
        """)
    static let replaceView = Statement(
        "replace view", "SELECT mesh.replace_view($1::text, $2::text, $3::text, $4::text, $5::text[], $6::text[])")
    static let replaceWorkflowView = Statement(
        "replace workflow view",
        "SELECT mesh.replace_workflow_view($1::text, $2::text, $3::text, $4::text, $5::text[], $6::text[])")
    static let commentColumns = Statement(
        "comment columns", "SELECT mesh.comment_columns($1::text, $2::text, $3::text[], $4::text[])")
    static let notify = Statement("notify registry", "SELECT pg_notify('mesh_registry', $1::text)")
    static let unfinished = Statement(
        "unfinished work",
        """
        SELECT (SELECT count(*) FROM mesh.workflow w WHERE w.service = s.name AND w.status IN ('running', 'stuck')),
            (SELECT count(*) FROM mesh.parked p WHERE p.service = s.name),
            (SELECT coalesce(sum(l.lag), 0)::int8 FROM mesh.lag l WHERE l.consumer_group = s.name),
            (SELECT count(*) FROM mesh.delayed_send d WHERE d.topic = s.name),
            ARRAY(
                SELECT DISTINCT c.name FROM (\(MeshView.observed)) o JOIN mesh.service c ON c.name = o.caller
                WHERE starts_with(o.type, s.name || '/') AND c.name <> s.name ORDER BY 1)
        FROM mesh.service s WHERE s.name = $1::text
        """)
    static let undeploy = Statement(
        "undeploy",
        """
        WITH gone AS (DELETE FROM mesh.service WHERE name = $1::text RETURNING name),
        told AS (INSERT INTO mesh.fact (actor, action, subject, details) SELECT $2::text, 'undeploy', name, $3::jsonb FROM gone)
        SELECT name FROM gone
        """)
    static let active = Statement(
        "active artifacts",
        """
        SELECT a.digest, a.schema, s.pool, array_agg(s.name ORDER BY s.name)
        FROM mesh.service s JOIN mesh.artifact a ON a.digest = s.digest GROUP BY a.digest, s.pool ORDER BY a.digest, s.pool
        """)
    static let wasm = Statement("wasm", "SELECT wasm FROM mesh.artifact WHERE digest = $1::text")
    static let schema = Statement(
        "schema text", "SELECT digest, schema FROM mesh.artifact WHERE starts_with(digest, $1::text) LIMIT 2")
    static let history = Statement(
        "deployments",
        """
        SELECT d.id, d.digest, d.namespace, d.version, d.services, d.pool, d.deployed_by, d.deployed_at,
            EXISTS (SELECT FROM mesh.service s WHERE s.deployment = d.id)
        FROM mesh.deployment d ORDER BY d.id DESC LIMIT $1::int8
        """)
    static let settings = Statement("settings", "SELECT name, value FROM mesh.setting")
    static let setting = Statement("setting", "SELECT value FROM mesh.setting WHERE name = $1::text")
    static let set = Statement(
        "set",
        """
        INSERT INTO mesh.setting (name, value) VALUES ($1::text, $2::text)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = now()
        """)
    static let topics = Statement("topics", "SELECT name, kind, partitions FROM mesh.topic ORDER BY name")
    static let recordTopics = Statement(
        "record topics",
        """
        INSERT INTO mesh.topic (name, kind, partitions) SELECT * FROM unnest($1::text[], $2::text[], $3::int4[])
        ON CONFLICT (name) DO NOTHING
        """)
    static let brokerReset = Statement("broker reset", "SELECT mesh.broker_reset($1::text[], $2::int8, $3::text)")

    /// The parameters of `deploy`: the package, then services as arrays, then routes as arrays.
    static func values(of deployment: NewDeployment, _ views: [StateView]) -> [PostgresValue] {
        let services = deployment.schema.services
        let routes = services.flatMap { service in service.methods.map { RouteRow(service, $0) } }
        var values: [PostgresValue] = []
        values.append(.text(deployment.digest))
        values.append(.bytes(orNull: deployment.wasm))
        values.append(.bytes(Array(deployment.schemaText.utf8)))
        values.append(.text(deployment.schema.namespace))
        values.append(.text(deployment.schema.version.description))
        values.append(.text(deployment.pool))
        values.append(.text(deployment.actor))
        values.append(.texts(services.map(\.qualifiedName)))
        values.append(.texts(services.map { $0.stateType?.name }))
        let viewOf = services.map { service in views.first { $0.service == service.qualifiedName } }
        values.append(.texts(viewOf.map { $0?.schema }))
        values.append(.texts(routes.map(\.kind)))
        values.append(.texts(routes.map(\.name)))
        values.append(.texts(routes.map(\.service)))
        values.append(.texts(routes.map(\.method)))
        values.append(.texts(routes.map(\.topic)))
        values.append(.texts(routes.map { $0.keyPath?.joined(separator: ".") }))
        values.append(.bools(routes.map { Bool?($0.exposed) }))
        values.append(.texts(viewOf.map { $0?.name }))
        return values
    }
}

/// A row of `mesh.route`.
private struct RouteRow {
    var kind: String
    var name: String
    var service: String
    var method: String
    var topic: String
    var keyPath: [String]?
    var exposed: Bool

    init(_ service: ServiceSchema, _ schema: MethodSchema) {
        self.service = service.qualifiedName
        method = schema.name
        exposed = schema.isExposed
        switch schema.kind {
        case .call:
            (kind, name, topic) = ("method", schema.qualifiedName, Topics.calls(of: service.qualifiedName))
            keyPath = schema.keyPath
        case .emits(let event):
            (kind, name, topic) = ("emitter", event.name, Topics.event(event.name))
            keyPath = event.keyPath
        case .handles(let handler):
            (kind, name, topic) = ("handler", handler.event, Topics.event(handler.event))
            keyPath = handler.stateKeyPath
        }
    }
}
