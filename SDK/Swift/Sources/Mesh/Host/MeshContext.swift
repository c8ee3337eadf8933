/// What code knows about its message: the part that handlers, queries and workflows have in common.
public protocol MeshFacts {
    /// The mesh itself. For generated code.
    var host: MeshHost { get }
}

/// What a handler knows about its message and can do with the mesh; each service has its own, generated, with its state
/// and its events.
///
/// Nothing takes effect before the handler has returned; if it throws, nothing ever does. Something that the mesh refuses
/// (a limit, say) fails the execution in the end, so that no effect needs a `try`.
public protocol MeshContext: MeshFacts {}

extension MeshContext {
    /// Sends a call without waiting for the answer; to a `@workflow` it starts one, to a `@signal` it signals. `key` orders it;
    /// nil leaves that to the rule of the method.
    public func send<Answer>(_ call: Call<Answer>, key: String? = nil) {
        host.send(call.target, key: key ?? call.key, call.data)
    }

    /// Sends a call that is delivered so long after `now`, within 100 years; at once where that is nothing or less.
    public func send<Answer>(_ call: Call<Answer>, key: String? = nil, after delay: Duration) {
        host.send(call.target, key: key ?? call.key, call.data, after: delay.microseconds)
    }

    /// Sends a call that is delivered then, within 100 years; at once where that has passed.
    public func send<Answer>(_ call: Call<Answer>, key: String? = nil, at instant: DateTime) {
        send(call, key: key, after: instant - now)
    }
}

extension MeshFacts {
    /// The message's id.
    public var id: String { host.text(.id) ?? "" }
    /// What orders the message and owns the state. For a call that brings no key this is the call's id.
    public var key: String { host.text(.key) ?? "" }
    /// The message's type: `shop.Orders/place`, `order.placed`.
    public var type: String { host.text(.type) ?? "" }
    /// Where the message came from.
    public var source: String { host.text(.source) ?? "" }
    /// The service that sent the message; nil from outside.
    public var caller: String? { host.text(.caller) }
    /// Who made the call over HTTP, or the one that started this workflow, where a token said so; nil for everything else: events, and what
    /// services, schedules and SQL send.
    public var principal: Principal? { host.text(.principal).flatMap { try? Principal(jsonText: $0) } }
    /// The W3C trace context; nil without a trace.
    public var traceparent: String? { host.text(.traceparent) }
    /// 1 for the first try, 2 for the first retry.
    public var attempt: Int { host.text(.attempt).flatMap { Int($0) } ?? 1 }
    /// When the caller stops waiting; nil where nobody does.
    public var deadline: DateTime? {
        host.text(.deadline).flatMap { Int64($0) }.map { DateTime(epochMicroseconds: $0) }
    }
    /// The time, the same during the whole execution and in each retry of it.
    public var now: DateTime { DateTime(epochMicroseconds: host.epochMicroseconds) }
    /// Random numbers, the same sequence in each retry: `var random = mesh.random`.
    public var random: MeshRandom { MeshRandom(host: host) }
    /// Lines for the service's log.
    public var log: MeshLog { MeshLog(host: host) }

    /// A configuration value of this service, as it was deployed; nil if it has none of that name.
    public func config(_ name: String) -> String? { host.config(name) }
}

/// An event that a service emits: made by the generated functions of its own event type.
public struct MeshEvent {
    let name: StaticString
    let data: [UInt8]

    public init(_ name: StaticString, _ event: some JSONCodable) {
        self.name = name
        data = event.jsonBytes
    }

    /// Publishes it with the execution's other effects. For generated code.
    public func emit(on host: MeshHost) { host.emit(name, data) }
}

/// Random numbers from the mesh: the same sequence in each retry of an execution.
public struct MeshRandom: RandomNumberGenerator {
    let host: MeshHost

    public mutating func next() -> UInt64 {
        var value: UInt64 = 0
        withUnsafeMutableBytes(of: &value) { bytes in
            if let start = bytes.baseAddress { host.fillRandom(start, count: 8) }
        }
        return value
    }
}

/// The service's log.
public struct MeshLog {
    let host: MeshHost

    public func debug(_ text: String) { host.log(.debug, text) }
    public func info(_ text: String) { host.log(.info, text) }
    public func warning(_ text: String) { host.log(.warning, text) }
    public func error(_ text: String) { host.log(.error, text) }
}
