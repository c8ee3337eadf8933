import MeshCore
package import Schemas

/// An event of the deployed schemas: who declares it and who takes it.
package struct EventRoute: Sendable {
    package struct Handler: Sendable, Hashable {
        /// `billing.Invoices/onOrderPlaced`.
        package var method: String
        /// `billing.Invoices`.
        package var service: String
    }

    /// One service's declaration of it.
    package struct Declaration: Sendable {
        package let event: EventDeclaration
        package let deployment: ActiveDeployment
        /// What the event's data must look like.
        let payloadShape: ValueShape
    }

    /// `order.placed`; also its topic.
    package let name: String
    /// Most events have one; where several declare it, deploy has made sure that they agree.
    package private(set) var declarations: [Declaration] = []
    package var handlers: [Handler] = []

    init(_ name: String) { self.name = name }

    mutating func declare(_ event: EventDeclaration, in deployment: ActiveDeployment) {
        declarations.append(
            Declaration(
                event: event, deployment: deployment,
                payloadShape: ValueShape.event(event, in: deployment.schema)))
    }

    package var topic: String { Topics.event(name) }
}
