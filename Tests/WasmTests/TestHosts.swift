import MeshCore

@testable import Wasm

/// A host that allows everything and remembers nothing.
struct PermissiveHost: GuestHost {
    var values: [String: String] = [:]

    func configuration(_ name: String) -> String? { values[name] }
    func checkState(_ state: [UInt8]) -> StateDecision { .accepted }
    func checkEmit(event: String, data: [UInt8]) -> MessageDecision { .accepted(key: nil, tag: 0) }
    func checkSend(target: String, key: String?, data: [UInt8]) -> MessageDecision { .accepted(key: key, tag: 1) }
}

/// A host with one declared event and one known target, that wants state and data to begin with a brace.
struct StrictHost: GuestHost {
    func configuration(_ name: String) -> String? { nil }

    func checkState(_ state: [UInt8]) -> StateDecision {
        state.first == UInt8(ascii: "{") ? .accepted : .invalid("state: not an object")
    }

    func checkEmit(event: String, data: [UInt8]) -> MessageDecision {
        guard event == "order.placed" else { return .denied("the service doesn't emit \(event)") }
        return data.first == UInt8(ascii: "{")
            ? .accepted(key: "from the event", tag: 7) : .invalid("data: not an object")
    }

    func checkSend(target: String, key: String?, data: [UInt8]) -> MessageDecision {
        guard target == "shop.Stock/take" else { return .denied("there is no \(target)") }
        return .accepted(key: key ?? "from the rule", tag: 8)
    }
}

extension GuestRequest {
    /// A call with everything a test doesn't care about filled in.
    static func test(
        _ method: String = "Orders/place", data: String = "{}", id: String = "id-1", attempt: Int = 1,
        principal: String? = nil, hasState: Bool = true, state: String? = nil,
        limiting change: (inout SandboxLimits) -> Void = { _ in }
    ) -> GuestRequest {
        var limits = SandboxLimits()
        change(&limits)
        return GuestRequest(
            method: method, data: Array(data.utf8),
            facts: MessageFacts(
                id: id, key: "k1", type: "shop.Orders/place", source: "/http", principal: principal, attempt: attempt,
                service: "shop.Orders"),
            now: Timestamp(microseconds: 1_700_000_000_123_456), randomSecret: [1, 2, 3], hasState: hasState,
            state: state.map { Array($0.utf8) }, limits: limits)
    }
}

extension GuestOutcome {
    var effects: GuestEffects? {
        if case .completed(let effects) = self { effects } else { nil }
    }

    var reply: String? { effects?.reply.map { String(decoding: $0, as: UTF8.self) } }

    var trap: GuestTrap? {
        if case .trapped(let trap) = self { trap } else { nil }
    }

    var badOutput: String? {
        if case .badOutput(let reason) = self { reason } else { nil }
    }

    var memoryExceeded: String? {
        if case .memoryExceeded(let reason) = self { reason } else { nil }
    }

    var deadlineExceeded: String? {
        if case .deadlineExceeded(let reason) = self { reason } else { nil }
    }
}
