import MeshCore
import Schemas
import Wasm

/// The options of an operation as the code gave them (docs/abi.md).
struct CommandOptions: Equatable {
    /// What becomes of an open child when its parent ends.
    enum ParentClose: String {
        case cancel, abandon, terminate
    }

    /// What is wrong with them.
    struct Problem: Error, Equatable {
        var text: String
    }

    var label: String?
    var role: String?
    var retries: Int?
    var backoff: DurablePolicy.Backoff?
    var delay: Int64?
    var maximumDelay: Int64?
    var deadline: Int64?
    /// When a timer is due, in microseconds since 1970.
    var until: Int64?
    var parentClose = ParentClose.cancel
    var isDetached = false

    private static let names: Set<String> = [
        "label", "role", "retries", "backoff", "delay", "maximumDelay", "deadline", "until", "parentClose",
        "detached",
    ]

    init(_ json: [UInt8]) throws(Problem) {
        guard !json.isEmpty else { return }
        guard let members = JSONMembers(json) else { throw Problem(text: "the options aren't a JSON object") }
        if let unknown = members.names.first(where: { !CommandOptions.names.contains($0) }) {
            throw Problem(text: "there is no option \"\(unknown.prefix(50))\"")
        }
        label = try CommandOptions.text("label", members)
        role = try CommandOptions.text("role", members)
        retries = try CommandOptions.number("retries", members, limit: 1_000_000).map(Int.init)
        delay = try CommandOptions.number("delay", members, limit: Timestamp.longestDelay)
        maximumDelay = try CommandOptions.number("maximumDelay", members, limit: Timestamp.longestDelay)
        deadline = try CommandOptions.number("deadline", members, limit: Timestamp.longestDelay)
        until = try CommandOptions.number("until", members, limit: .max)
        if let text = try CommandOptions.text("backoff", members) {
            guard let value = DurablePolicy.Backoff(rawValue: text) else {
                throw Problem(text: "`backoff` is exponential, linear, fixed or none, not \"\(text)\"")
            }
            backoff = value
        }
        if let text = try CommandOptions.text("parentClose", members) {
            guard let value = ParentClose(rawValue: text) else {
                throw Problem(text: "`parentClose` is cancel, abandon or terminate, not \"\(text)\"")
            }
            parentClose = value
        }
        switch members.raw("detached") ?? "false" {
        case "true": isDetached = true
        case "false", "null": break
        default: throw Problem(text: "`detached` is true or false")
        }
    }

    private static func text(_ name: String, _ members: JSONMembers) throws(Problem) -> String? {
        guard let raw = members.raw(name), raw != "null" else { return nil }
        guard let text = members.string(name), text.utf8.count <= 200, !text.utf8.contains(0) else {
            throw Problem(text: "`\(name)` is a text of at most 200 bytes")
        }
        return text
    }

    private static func number(_ name: String, _ members: JSONMembers, limit: Int64) throws(Problem) -> Int64? {
        guard let raw = members.raw(name), raw != "null" else { return nil }
        guard let number = Int64(raw), number >= 0 else {
            throw Problem(text: "`\(name)` is a whole number, 0 or more")
        }
        if number > limit { throw Problem(text: excess(of: name)) }
        return number
    }

    /// What is said of an option that is too large.
    private static func excess(of name: String) -> String {
        switch name {
        case "retries": "`retries` is at most 1000000"
        case "deadline": "the timeout of a call is at most 100 years; leave it out to wait without an end"
        default: "`\(name)` is at most 100 years"
        }
    }

    /// When it is tried again: what the options say, over `policy`; nil where neither asks for retries.
    func retry(over policy: OperationRetry?) -> OperationRetry? {
        guard retries != nil || policy != nil else { return nil }
        var retry = policy ?? OperationRetry(retries: 0)
        if let retries {
            retry.retries = retries
            retry.retriesCrashes = true
        }
        if let backoff { retry.backoff = backoff }
        if let delay { retry.delay = delay }
        if let maximumDelay { retry.maximumDelay = maximumDelay }
        return retry.retries > 0 ? retry : nil
    }
}
