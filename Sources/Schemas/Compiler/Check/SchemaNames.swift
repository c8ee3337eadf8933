/// The rules for names that leave the schema: namespaces and events, which become topics and database schemas; services, which become views.
package enum SchemaNames {
    /// Why `namespace` is refused; nil if it is fine.
    static func problem(withNamespace namespace: String) -> String? {
        let segments = namespace.split(separator: ".", omittingEmptySubsequences: false)
        let isValid = segments.allSatisfy { segment in
            segment.utf8.first.map { $0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z") } == true
                && segment.utf8.allSatisfy { isTopicByte($0) && !($0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z")) }
        }
        if !isValid {
            return
                "`\(namespace.shortened)` isn't a namespace; write lower-case words with dots between, such as `acme.billing`"
        }
        if namespace.utf8.count > SchemaLimits.namespaceLength {
            return "the namespace has \(namespace.utf8.count) characters; at most \(SchemaLimits.namespaceLength) fit"
        }
        if segments[0] == "mesh" || segments[0].hasPrefix("pg_") || namespace == "information_schema" {
            return "the namespace `\(namespace)` is reserved; choose another one"
        }
        return nil
    }

    /// Why `event` is refused; nil if it is fine.
    static func problem(withEvent event: String) -> String? {
        let segments = event.split(separator: ".", omittingEmptySubsequences: false)
        let isValid =
            segments.count >= 2
            && segments.allSatisfy { segment in
                segment.utf8.first?.isNameStart == true && segment.utf8.allSatisfy(isTopicByte)
            }
        if !isValid {
            return
                "`\(event.shortened)` isn't the name of an event; write words with dots between, such as `order.placed`"
        }
        if event.utf8.count > SchemaLimits.eventNameLength {
            return
                "the name of the event has \(event.utf8.count) characters; at most \(SchemaLimits.eventNameLength) fit"
        }
        if segments[0] == "mesh" { return "events that begin with `mesh.` are reserved; name `\(event)` otherwise" }
        return nil
    }

    /// A name as Postgres shows it: `OrderItems` to `order_items`, `HTTPServer` to `http_server`.
    package static func snakeCase(_ name: String) -> String {
        let characters = Array(name)
        var text = ""
        for (index, character) in characters.enumerated() {
            if character.isUppercase, index > 0 {
                let before = characters[index - 1]
                let startsWord = index + 1 < characters.count && characters[index + 1].isLowercase
                if before != "_", !before.isUppercase || startsWord { text += "_" }
            }
            text += character.lowercased()
        }
        return text
    }

    private static func isTopicByte(_ byte: UInt8) -> Bool { byte.isNamePart || byte == UInt8(ascii: "-") }
}
