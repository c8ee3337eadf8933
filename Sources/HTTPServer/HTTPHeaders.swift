/// Header fields in their order; a name may stand more than once, and is found whatever its case.
package struct HTTPHeaders: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    package struct Field: Sendable, Equatable {
        package var name: String
        package var value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }

        /// RFC 9110 §5.1: a token.
        package var hasValidName: Bool {
            !name.isEmpty
                && name.utf8.allSatisfy { byte in
                    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                        || (byte | 0x20 >= UInt8(ascii: "a") && byte | 0x20 <= UInt8(ascii: "z"))
                        || "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
        }

        /// No control characters but the tab (RFC 9110 §5.5).
        package var hasValidValue: Bool {
            value.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == UInt8(ascii: "\t") }
        }
    }

    package private(set) var fields: [Field] = []

    package init() {}

    package init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements { add(name, value) }
    }

    /// The first value of a name.
    package subscript(name: String) -> String? {
        fields.first { HTTPHeaders.isSame($0.name, name) }?.value
    }

    /// All values of a name.
    package func all(_ name: String) -> [String] {
        fields.filter { HTTPHeaders.isSame($0.name, name) }.map(\.value)
    }

    /// All values of a name as one list, as fields that are lists may be sent (RFC 9110 §5.3); nil where there is none.
    package func list(_ name: String) -> String? {
        let values = all(name)
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }

    /// How often the first of those fields stands that stands more than once; `isMeant` is asked with names in lower case.
    package func repetition(of isMeant: (String) -> Bool) -> (name: String, count: Int)? {
        for field in fields where isMeant(field.name.lowercased()) {
            let count = fields.count { HTTPHeaders.isSame($0.name, field.name) }
            if count > 1 { return (field.name, count) }
        }
        return nil
    }

    package mutating func add(_ name: String, _ value: String) { fields.append(Field(name: name, value: value)) }

    /// Sets the one value of a name.
    package mutating func set(_ name: String, _ value: String) {
        fields.removeAll { HTTPHeaders.isSame($0.name, name) }
        add(name, value)
    }

    /// The same without space behind the values, which isn't part of them (RFC 9110 §5.5); libmicrohttpd takes away what is before them.
    var withoutTrailingSpace: HTTPHeaders {
        var headers = self
        for index in headers.fields.indices {
            var value = headers.fields[index].value.utf8[...]
            guard let last = value.last, HTTPHeaders.isSpace(last) else { continue }
            while let last = value.last, HTTPHeaders.isSpace(last) { value.removeLast() }
            headers.fields[index].value = String(Substring(value))
        }
        return headers
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    private static func isSame(_ left: String, _ right: String) -> Bool {
        guard left.utf8.count == right.utf8.count else { return false }
        return zip(left.utf8, right.utf8).allSatisfy { lowercased($0) == lowercased($1) }
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }
}
