/// How a workflow makes a call.
public struct CallOptions: Sendable, Hashable {
    /// Attempts after the first, where the answer is a retryable error; nil: the callee's own rule alone (for a local step, its `@durable`).
    public var retries: Int?
    public var backoff: Backoff?
    /// Before the second attempt.
    public var delay: Duration?
    /// The most between two attempts.
    public var maximumDelay: Duration?
    /// All attempts together, at most 100 years; then the call fails with `DEADLINE_EXCEEDED`. Less than none is none: the call fails
    /// at once, and nobody is called.
    public var timeout: Duration?
    /// Shown to people in the workflow's history, the first 200 bytes of it.
    public var label: String?
    /// What becomes of a child workflow that is open when this one ends.
    public var parentClose: ParentClose?
    /// True: completed when the call is sent, so that a child workflow goes its own way.
    public var isDetached = false
    /// True for a step of a saga that takes another one back.
    public var isCompensation = false

    public init(
        retries: Int? = nil, backoff: Backoff? = nil, delay: Duration? = nil, maximumDelay: Duration? = nil,
        timeout: Duration? = nil, label: String? = nil, parentClose: ParentClose? = nil, isDetached: Bool = false
    ) {
        self.retries = retries
        self.backoff = backoff
        self.delay = delay
        self.maximumDelay = maximumDelay
        self.timeout = timeout
        self.label = label
        self.parentClose = parentClose
        self.isDetached = isDetached
    }

    public enum Backoff: String, Sendable, Hashable {
        /// Each wait is twice the one before.
        case exponential
        /// Each wait is one unit longer.
        case linear
        case fixed
        /// Tried again at once.
        case none
    }

    public enum ParentClose: String, Sendable, Hashable {
        /// It is asked to end, and may clean up.
        case cancel
        /// It goes on.
        case abandon
        /// It ends at once.
        case terminate
    }
}

extension CallOptions {
    /// These options, where `others` say nothing else.
    func overridden(by others: CallOptions) -> CallOptions {
        var options = self
        if let retries = others.retries { options.retries = retries }
        if let backoff = others.backoff { options.backoff = backoff }
        if let delay = others.delay { options.delay = delay }
        if let maximumDelay = others.maximumDelay { options.maximumDelay = maximumDelay }
        if let timeout = others.timeout { options.timeout = timeout }
        if let label = others.label { options.label = label }
        if let parentClose = others.parentClose { options.parentClose = parentClose }
        options.isDetached = options.isDetached || others.isDetached
        options.isCompensation = options.isCompensation || others.isCompensation
        return options
    }

    /// As docs/abi.md has them; empty for none.
    var jsonBytes: [UInt8] { json(until: nil) }

    /// - Parameter until: when a timer is due, in microseconds since 1970.
    func json(until: Int64?) -> [UInt8] {
        if until == nil, self == CallOptions() { return [] }
        var json = JSONWriter()
        json.openObject()
        json.member("label", label)
        if isCompensation { json.member("role", "compensation") }
        json.member("retries", retries)
        json.member("backoff", backoff?.rawValue)
        CallOptions.write(delay, "delay", to: &json)
        CallOptions.write(maximumDelay, "maximumDelay", to: &json)
        // What is left until a time that has passed is less than nothing.
        CallOptions.write(timeout.map { max(.zero, $0) }, "deadline", to: &json)
        if let until { json.member("until", JSONValue.number(String(until))) }
        json.member("parentClose", parentClose?.rawValue)
        if isDetached { json.member("detached", true) }
        json.closeObject()
        return json.bytes
    }

    private static func write(_ duration: Duration?, _ name: StaticString, to json: inout JSONWriter) {
        guard let duration else { return }
        json.member(name, JSONValue.number(String(duration.microseconds)))
    }
}

extension CallOptions {
    /// The mesh refuses longer ones.
    static let maximumLabelLength = 200
}

extension String {
    /// As much of it as fits into so many bytes, in whole scalars.
    func cut(toBytes limit: Int) -> String {
        if utf8.count <= limit { return self }
        var bytes = Array(utf8.prefix(limit + 1))
        while let last = bytes.popLast(), last & 0xC0 == 0x80 {}
        return String(decoding: bytes, as: UTF8.self)
    }
}
