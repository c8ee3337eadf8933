import MeshCore
import Schemas
import Wasm

/// Answers a guest's host calls from the catalog: what its service may do, checked at each call.
final class HandlerHost: GuestHost {
    let service: ServiceBinding
    let catalog: ServiceCatalog
    /// It answers a query, which may only read.
    let isReadOnly: Bool

    init(service: ServiceBinding, catalog: ServiceCatalog, isReadOnly: Bool = false) {
        self.service = service
        self.catalog = catalog
        self.isReadOnly = isReadOnly
    }

    private static let onlyReads = "a query may only read; make it a handler if it is to change or send something"

    func configuration(_ name: String) -> String? { service.configuration[name] }

    func checkState(_ state: [UInt8]) -> StateDecision {
        if isReadOnly { return .invalid(Self.onlyReads) }
        guard let shape = service.state else { return .invalid("\(service.service.qualifiedName) has no @state") }
        do throws(ValueError) {
            try shape.validate(state)
            return .accepted
        } catch {
            return .invalid("the state isn't a \(service.service.stateType?.name ?? "state"): \(error)")
        }
    }

    func checkEmit(event: String, data: [UInt8]) -> MessageDecision {
        if isReadOnly { return .denied(Self.onlyReads) }
        guard let declared = service.events[event] else {
            let known = service.events.keys.sorted().joined(separator: ", ")
            return .denied(
                "\(service.service.qualifiedName) doesn't declare the event \"\(event)\" with @emits"
                    + (known.isEmpty ? "" : "; it declares \(known)"))
        }
        do throws(ValueError) {
            try declared.shape.validate(data)
        } catch {
            return .invalid("event \(event): \(error)")
        }
        return accepted(declared.keyPath.flatMap { JSONScanner.keyText(of: $0, in: data) }, "event \(event)")
    }

    func checkSend(target: String, key: String?, data: [UInt8]) -> MessageDecision {
        if isReadOnly { return .denied(Self.onlyReads) }
        if target == OutsideService.fetch {
            return .denied("\(target) is called by workflows, which wait for its answer: mesh.fetch(…)")
        }
        guard let method = catalog.targets[target] else {
            return .denied("no deployed service has the method \"\(target)\"")
        }
        do throws(ValueError) {
            try method.arguments.validate(data)
        } catch {
            return .invalid("\(target): \(error)")
        }
        return accepted(key ?? method.keyPath.flatMap { JSONScanner.keyText(of: $0, in: data) }, target)
    }

    private func accepted(_ key: String?, _ what: @autoclosure () -> String) -> MessageDecision {
        if let key, let problem = MessageKey.problem(key.utf8) { return .invalid("\(what()): the key \(problem)") }
        return .accepted(key: key, tag: 0)
    }
}
