import Postgres
package import Schemas

/// The view that shows a service's state in columns: `shop.orders` for `shop.Orders`, a column for each field of the state's type.
package struct StateView: Sendable, Equatable {
    /// Qualified: `shop.Orders`.
    package let service: String
    /// The Postgres schema: the namespace with dots as underscores.
    package let schema: String
    /// The view's own name: the service's in snake case.
    package let name: String
    let typeName: String
    let columns: [String]
    let types: [String]
    /// What each column is.
    let comments: [String]

    var place: ViewPlace {
        // The mark is how `mesh.replace_view` begins the view's comment.
        ViewPlace(
            schema: schema, name: name, what: "the view of the state of \(service)", mark: "The state of \(service) (")
    }

    /// Nil for a service without state. Throws for a namespace whose Postgres schema isn't ours to use.
    package init?(_ service: ServiceSchema, in schema: MeshSchema) throws(StoreError) {
        guard let state = service.stateType else { return nil }
        self.service = service.qualifiedName
        self.schema = try StateView.postgresSchema(of: service, in: schema)
        name = StateView.identifier(SchemaNames.snakeCase(service.name))
        typeName = state.name
        columns = state.fields.map(\.name)
        types = state.fields.map { StateView.sqlType(of: $0.type) }
        comments = state.fields.map { StateView.comment(on: $0, of: state) }
    }

    /// The field's own description, else its name and type as the schema has them.
    static func comment(on field: FieldDefinition, of state: ObjectType) -> String {
        field.documentation
            ?? "The field \(field.name) of \(state.name): \(field.type)\(field.name == state.keyField ? ", the key" : "")."
    }

    /// The namespace with dots as underscores; throws where that isn't ours to use.
    static func postgresSchema(of service: ServiceSchema, in schema: MeshSchema) throws(StoreError) -> String {
        let name = identifier(schema.namespace.map { $0 == "." ? "_" : String($0) }.joined())
        if ["mesh", "information_schema"].contains(name) || name.hasPrefix("pg_") {
            throw .other(
                message:
                    "the namespace \(schema.namespace) would put the views of \(service.qualifiedName) into the schema "
                    + "\(name), which isn't free for that; choose another namespace", sqlstate: nil)
        }
        return name
    }

    var values: [PostgresValue] {
        [.text(schema), .text(name), .text(service), .text(typeName), .texts(columns), .texts(types)]
    }

    var commentValues: [PostgresValue] { [.text(schema), .text(name), .texts(columns), .texts(comments)] }

    /// At most the 63 bytes that Postgres keeps; a longer name ends in a hash, so that two of them don't meet.
    static func identifier(_ name: String) -> String {
        guard name.utf8.count > 63 else { return name }
        let hash = Migration(version: 0, name: "", sql: name).checksum
        return String(name.prefix(46)) + "_" + String(UInt64(bitPattern: hash), radix: 16)
    }

    static func sqlType(of type: TypeReference) -> String {
        switch type.base {
        case .object, .list: "jsonb"
        case .enumeration: "text"
        case .scalar(let scalar):
            switch scalar {
            case .string, .id, .url: "text"
            case .int: "integer"
            case .long: "bigint"
            case .float: "double"
            case .boolean: "boolean"
            case .uuid: "uuid"
            case .decimal: "numeric"
            case .date: "date"
            case .time: "time"
            case .dateTime: "timestamptz"
            case .duration: "interval"
            case .bytes: "bytea"
            case .json, .void: "jsonb"
            }
        }
    }
}
