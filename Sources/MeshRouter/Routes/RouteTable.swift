import MeshCore
import Schemas

/// What the deployed schemas say about where messages go: a value, made anew whenever a deployment changes.
package struct RouteTable: Sendable {
    /// By qualified name, `shop.Orders`.
    package private(set) var services: [String: ServiceRoute] = [:]
    /// By qualified name, `shop.Orders/place`: calls, and what looks like one but isn't exposed.
    package private(set) var methods: [String: MethodRoute] = [:]
    /// By name, `order.placed`.
    package private(set) var events: [String: EventRoute] = [:]

    /// What the table was made of.
    package let deployments: [ActiveDeployment]

    package init(_ deployments: [ActiveDeployment]) {
        self.deployments = deployments
        for deployment in deployments {
            for service in deployment.schema.services where deployment.serves(service) {
                add(service, of: deployment)
            }
        }
    }

    private mutating func add(_ service: ServiceSchema, of deployment: ActiveDeployment) {
        services[service.qualifiedName] = ServiceRoute(schema: service, deployment: deployment)
        for method in service.methods {
            methods[method.qualifiedName] = MethodRoute(service: service, schema: method, deployment: deployment)
            switch method.kind {
            case .call: break
            case .emits(let event):
                events[event.name, default: EventRoute(event.name)].declare(event, in: deployment)
            case .handles(let handler):
                events[handler.event, default: EventRoute(handler.event)]
                    .handlers.append(EventRoute.Handler(method: method.qualifiedName, service: service.qualifiedName))
            }
        }
    }

    // Names are looked up by their bytes: to a dictionary of texts the Kelvin sign is a K, and what is sent under that name finds nobody.

    /// The service of a qualified name, byte for byte.
    func service(_ name: String) -> ServiceRoute? {
        services[name].flatMap { $0.name.hasSameBytes(as: name) ? $0 : nil }
    }

    /// The method of a qualified name, byte for byte.
    func method(_ name: String) -> MethodRoute? { methods[name].flatMap { $0.name.hasSameBytes(as: name) ? $0 : nil } }

    /// The event of a name, byte for byte.
    func event(_ name: String) -> EventRoute? { events[name].flatMap { $0.name.hasSameBytes(as: name) ? $0 : nil } }

    /// The topics that must exist for these routes, in order.
    package var topics: [String] {
        (services.values.map(\.topic) + events.keys).sorted()
    }

    /// The method behind the path of a call, `/shop.Orders/place`; the error says what is wrong with it.
    package func exposedMethod(path: String) throws(ConnectError) -> MethodRoute {
        let name = String(path.dropFirst())
        guard let method = methods[name] else { throw unknown(name) }
        guard method.schema.isExposed else { throw method.notExposed }
        return method
    }

    private func unknown(_ name: String) -> ConnectError {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            return .notFound("nothing is at '/\(name.shortened)'; a call is POST /<namespace>.<Service>/<method>")
        }
        guard let service = services[String(parts[0])] else {
            return .notFound("no deployed service is called '\(parts[0].shortened)'; GET /api/v1/services lists them")
        }
        let exposed = service.schema.methods.filter(\.isExposed).map(\.name).joined(separator: ", ")
        return .notFound(
            "\(parts[0]) has no method '\(parts[1].shortened)'" + (exposed.isEmpty ? "" : "; it has \(exposed)"))
    }
}

extension ConnectError {
    static func notFound(_ message: String) -> ConnectError { ConnectError(MeshError(.notFound, message)) }
}
