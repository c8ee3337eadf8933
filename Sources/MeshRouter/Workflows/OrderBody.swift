import MeshCore

/// The members of an order's body, a JSON object; an empty body has none.
struct OrderBody {
    var reason: String?
    var to: Int64?
    var digest: String?
    var from: Int64?
    /// A JSON object.
    var input: [UInt8]?

    /// Reads a body; a member that isn't one of `allowed` is an error.
    init(_ body: [UInt8], allowed: [String]) throws(MeshError) {
        guard !body.isEmpty else { return }
        do throws(JSONCursor.Failure) {
            var cursor = try JSONCursor(body)
            try cursor.object { (member, cursor) throws(JSONCursor.Failure) in
                guard allowed.contains(member) else {
                    throw JSONCursor.Failure(
                        message: "the member '\(member.shortened)' isn't known", offset: cursor.offset)
                }
                try self.take(member, &cursor)
            }
            try cursor.end()
        } catch {
            let form = allowed.map { "\"\($0)\": …" }.joined(separator: ", ")
            throw MeshError(
                .invalidRequest, "the body \(form.isEmpty ? "has no members here" : "is {\(form)}"): \(error)")
        }
        if let reason, reason.count > OrderBody.maximumReason {
            throw MeshError(
                .invalidRequest, "the reason has \(reason.count) characters: it has at most \(OrderBody.maximumReason)")
        }
    }

    private mutating func take(_ member: String, _ cursor: inout JSONCursor) throws(JSONCursor.Failure) {
        switch member {
        case "reason": reason = try cursor.string()
        case "digest": digest = try cursor.string()
        case "from": from = try OrderBody.whole(member, &cursor)
        case "input":
            let place = try cursor.value()
            guard cursor.bytes[place].first == UInt8(ascii: "{") else {
                throw JSONCursor.Failure(message: "input isn't an object of arguments", offset: place.lowerBound)
            }
            input = Array(cursor.bytes[place])
        default: to = try OrderBody.whole(member, &cursor)
        }
    }

    private static func whole(_ member: String, _ cursor: inout JSONCursor) throws(JSONCursor.Failure) -> Int64 {
        let place = try cursor.value()
        guard let number = Int64(String(decoding: cursor.bytes[place], as: UTF8.self)) else {
            throw JSONCursor.Failure(message: "\(member) isn't a whole number", offset: place.lowerBound)
        }
        return number
    }

    /// As the engine keeps it.
    static let maximumReason = 1000
}
