import Postgres
package import Schemas

/// The view in which the workflows of one method are searched: `shop.orders_fulfil` for `shop.Orders/fulfil`.
///
/// Its columns are the `@attribute` fields of the service's state, and what the workflow is doing under `workflow_…`.
package struct WorkflowView: Sendable, Equatable {
    let schema: String
    let name: String
    let service: String
    let method: String
    let columns: [String]
    let types: [String]
    /// What each of these columns is.
    let comments: [String]

    var place: ViewPlace {
        // The mark is how `mesh.replace_workflow_view` begins the view's comment.
        ViewPlace(
            schema: schema, name: name, what: "the view of the workflows of \(service)/\(method)",
            mark: "The workflows of \(service)/\(method),")
    }

    /// Throws for a namespace whose Postgres schema isn't ours to use.
    package init(_ method: MethodSchema, of service: ServiceSchema, in schema: MeshSchema) throws(StoreError) {
        self.schema = try StateView.postgresSchema(of: service, in: schema)
        self.service = service.qualifiedName
        self.method = method.name
        name = StateView.identifier(SchemaNames.snakeCase(service.name) + "_" + SchemaNames.snakeCase(method.name))
        // The mesh's own columns win; a field of that name is in the view of the state.
        let fields = service.attributes.filter { !$0.name.hasPrefix("workflow_") }
        columns = fields.map(\.name)
        types = fields.map { StateView.sqlType(of: $0.type) }
        comments = service.stateType.map { state in fields.map { StateView.comment(on: $0, of: state) } } ?? []
    }

    var values: [PostgresValue] {
        [.text(schema), .text(name), .text(service), .text(method), .texts(columns), .texts(types)]
    }

    var commentValues: [PostgresValue] { [.text(schema), .text(name), .texts(columns), .texts(comments)] }
}
