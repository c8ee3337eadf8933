import Schemas
import Wasm

/// Answers a guest's host calls in a test: by the package's schema, as a worker does, but whom nobody knows may be called. What
/// becomes of that is the test's business.
struct TestHost: GuestHost {
    let handler: HandlerHost
    let configuration: [String: String]

    func configuration(_ name: String) -> String? { configuration[name] }

    func checkState(_ state: [UInt8]) -> StateDecision { handler.checkState(state) }

    func checkEmit(event: String, data: [UInt8]) -> MessageDecision { handler.checkEmit(event: event, data: data) }

    /// The key stays the one that was given: the test finds the others by the methods' rules.
    func checkSend(target: String, key: String?, data: [UInt8]) -> MessageDecision {
        if target != OutsideService.fetch, handler.catalog.targets[target] == nil, !handler.isReadOnly {
            return .accepted(key: key, tag: 0)
        }
        let decision = handler.checkSend(target: target, key: key, data: data)
        guard case .accepted = decision else { return decision }
        return .accepted(key: key, tag: 0)
    }
}
