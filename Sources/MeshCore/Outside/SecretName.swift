/// How secrets are named in requests to the outside: `{{secret:stripe-key}}` in a header's value.
package enum SecretName {
    private static let opening = "{{secret:"
    private static let closing = "}}"

    /// Whether a text may name a secret, and a file of that name is a plain one.
    package static func isValid(_ name: String) -> Bool {
        (1...128).contains(name.utf8.count) && name.first != "."
            && name.utf8.allSatisfy { byte in
                UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                    || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            }
    }

    /// A text with each secret that it names in the place of the name. What a secret holds isn't looked at again.
    package static func fill(
        _ text: String, with secret: (String) throws(MeshError) -> String
    ) throws(MeshError) -> String {
        var filled = ""
        var rest = text[...]
        while let start = rest.firstRange(of: opening) {
            filled += rest[..<start.lowerBound]
            rest = rest[start.upperBound...]
            guard let end = rest.firstRange(of: closing), isValid(String(rest[..<end.lowerBound])) else {
                throw MeshError(
                    .invalidRequest,
                    "a secret is named {{secret:NAME}}, of letters, digits, dots, dashes and underscores")
            }
            filled += try secret(String(rest[..<end.lowerBound]))
            rest = rest[end.upperBound...]
        }
        return filled + rest
    }
}
