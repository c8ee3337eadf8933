import MeshCore
import Schemas
import Wasm

/// What replay and later events need to know of a command, in `JournalEntry.details`; absent where everything is as usual.
struct CommandDetails: Equatable {
    /// The code gave the key itself.
    var hasGivenKey = false
    /// A call of an `@workflow` method.
    var isChild = false
    /// Completed when it was sent.
    var isDetached = false
    var parentClose = CommandOptions.ParentClose.cancel
    /// Shown to people: `compensation`.
    var role: String?
    var retry: OperationRetry?
    var refusal: Refusal?
    /// Of a `receive` that is given up: its signal is given back, and these move up (`WorkflowMachine.giveBack`).
    var returned: [Int32]?

    /// A command that was refused: the same answer at every replay.
    struct Refusal: Equatable {
        var kind: WorkflowRefusal
        var reason: String
        /// The SHA-256 of the data, in hexadecimal.
        var digest: String
    }

    /// JSON; nil where everything is as usual.
    var json: [UInt8]? {
        guard self != CommandDetails() else { return nil }
        var members: [String] = []
        if hasGivenKey { members.append("\"givenKey\":true") }
        if isChild { members.append("\"child\":true") }
        if isDetached { members.append("\"detached\":true") }
        if parentClose != .cancel { members.append("\"parentClose\":\"\(parentClose.rawValue)\"") }
        if let role { members.append("\"role\":\(JSONText.string(role))") }
        if let retry {
            members.append("\"retries\":\(retry.retries),\"backoff\":\"\(retry.backoff.rawValue)\"")
            members.append("\"delay\":\(retry.delay),\"maximumDelay\":\(retry.maximumDelay)")
            if !retry.retriesCrashes { members.append("\"crashes\":false") }
        }
        if let refusal {
            members.append("\"refused\":\"\(refusal.kind)\",\"reason\":\(JSONText.string(refusal.reason))")
            members.append("\"digest\":\"\(refusal.digest)\"")
        }
        if let returned { members.append("\"returned\":[\(returned.map(String.init).joined(separator: ","))]") }
        return Array("{\(members.joined(separator: ","))}".utf8)
    }

    init() {}

    init(json: [UInt8]?) {
        guard let json, let members = JSONMembers(json) else { return }
        hasGivenKey = members.raw("givenKey") == "true"
        isChild = members.raw("child") == "true"
        isDetached = members.raw("detached") == "true"
        parentClose = members.string("parentClose").flatMap(CommandOptions.ParentClose.init) ?? .cancel
        role = members.string("role")
        if let retries = members.raw("retries").flatMap({ Int($0) }) {
            retry = OperationRetry(
                retries: retries,
                backoff: members.string("backoff").flatMap(DurablePolicy.Backoff.init) ?? .exponential,
                delay: members.raw("delay").flatMap { Int64($0) } ?? OperationRetry.standardDelay,
                maximumDelay: members.raw("maximumDelay").flatMap { Int64($0) }
                    ?? OperationRetry.standardMaximumDelay)
            retry?.retriesCrashes = members.raw("crashes") != "false"
        }
        if let kind = members.string("refused").flatMap(WorkflowRefusal.init(text:)) {
            refusal = Refusal(
                kind: kind, reason: members.string("reason") ?? "", digest: members.string("digest") ?? "")
        }
        returned = members.raw("returned").map { list in
            list.split { !$0.isNumber }.compactMap { Int32($0) }
        }
    }

    // Asked for each command of a replay: no parsing. A quote within a JSON string is escaped, so a quoted name and a colon are a member.

    static func hasGivenKey(_ details: [UInt8]?) -> Bool { contains(details, "\"givenKey\":") }

    static func isChild(_ details: [UInt8]?) -> Bool { contains(details, "\"child\":") }

    static func refusal(_ details: [UInt8]?) -> Refusal? {
        contains(details, "\"refused\":") ? CommandDetails(json: details).refusal : nil
    }

    static func returned(_ details: [UInt8]?) -> [Int32]? {
        contains(details, "\"returned\":") ? CommandDetails(json: details).returned : nil
    }

    private static func contains(_ details: [UInt8]?, _ name: StaticString) -> Bool {
        guard let details, details.count >= name.utf8CodeUnitCount else { return false }
        return details.withUnsafeBytes { bytes in
            name.withUTF8Buffer { name in
                (0...(bytes.count - name.count)).contains { start in
                    bytes[start] == name[0] && bytes[start..<(start + name.count)].elementsEqual(name)
                }
            }
        }
    }
}

extension WorkflowRefusal {
    init?(text: String) {
        switch text {
        case "limit": self = .limit
        case "notAllowed": self = .notAllowed
        case "invalid": self = .invalid
        default: return nil
        }
    }
}
