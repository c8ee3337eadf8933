/// The names of topics (DESIGN §5).
package enum Topics {
    /// Answers to calls that somebody waits for; each router leases partitions of it.
    package static let replies = "mesh.replies"

    /// Calls of a service: its qualified name, `shop.Orders`.
    package static func calls(of service: String) -> String { service }

    /// An event's topic is its name.
    package static func event(_ name: String) -> String { name }

    /// Where a message of a type goes: a call (`shop.Orders/place`) to its service, an event to its own topic.
    package static func topic(of type: String) -> String {
        type.utf8.firstIndex(of: UInt8(ascii: "/")).map { calls(of: String(type[..<$0])) } ?? event(type)
    }

    /// The mirror of a service's dead letters.
    package static func deadLetters(of service: String) -> String { service + ".dead" }
}
