import MeshCore

/// The members of one JSON object (RFC 8259), values as raw text: all that must be understood of a guest's error, of a
/// package's facts and of a workflow's options. The whole text is checked; nothing but the top level is taken apart.
package struct JSONMembers {
    private var values: [(name: String, raw: String)] = []
    /// Where each name stands: whoever writes the text decides how many there are.
    private var places: [ExactText: Int] = [:]

    /// Deeper nesting is refused, so that hostile input can't exhaust the stack.
    package static let depthLimit = 64

    /// Nil where `bytes` isn't one JSON object in UTF-8, or says a name twice.
    package init?(_ bytes: [UInt8]) {
        guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
        var scanner = JSONWalker(bytes)
        guard scanner.take(UInt8(ascii: "{")) else { return nil }
        if !scanner.take(UInt8(ascii: "}")) {
            repeat {
                guard let name = scanner.string(), scanner.take(UInt8(ascii: ":")),
                    let raw = scanner.value(JSONMembers.depthLimit)
                else { return nil }
                guard places.updateValue(values.count, forKey: ExactText(name)) == nil else { return nil }
                values.append((name, raw))
            } while scanner.take(UInt8(ascii: ","))
            guard scanner.take(UInt8(ascii: "}")) else { return nil }
        }
        guard scanner.isAtEnd else { return nil }
    }

    /// In the order of the text.
    package var names: [String] { values.map(\.name) }

    /// The text of a value, byte for byte; nil where it is absent.
    package func raw(_ name: String) -> String? { places[ExactText(name)].map { values[$0].raw } }

    /// The value if it is a string.
    package func string(_ name: String) -> String? {
        guard let raw = raw(name), raw.utf8.first == UInt8(ascii: "\"") else { return nil }
        var scanner = JSONWalker(Array(raw.utf8))
        return scanner.string()
    }
}
