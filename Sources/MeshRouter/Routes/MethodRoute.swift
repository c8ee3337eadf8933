import MeshCore
package import Schemas

/// A method of a deployed service.
package struct MethodRoute: Sendable {
    package let service: ServiceSchema
    package let schema: MethodSchema
    package let deployment: ActiveDeployment
    /// What the data of its calls must look like.
    let argumentShape: ValueShape

    init(service: ServiceSchema, schema: MethodSchema, deployment: ActiveDeployment) {
        self.service = service
        self.schema = schema
        self.deployment = deployment
        argumentShape = ValueShape.arguments(of: schema, in: deployment.schema)
    }

    /// `shop.Orders/place`.
    package var name: String { schema.qualifiedName }
    package var topic: String { Topics.calls(of: service.qualifiedName) }

    /// Why it can't be called, for methods that aren't exposed.
    var notExposed: ConnectError {
        let reason =
            switch schema.kind {
            case .emits(let event): "it declares the event \(event.name), which \(service.qualifiedName) emits itself"
            case .handles(let handler): "it handles the event \(handler.event); publish that with POST /events"
            case .call: "it is @scheduleOnly"
            }
        return .notFound("\(name) can't be called: \(reason)")
    }
}
