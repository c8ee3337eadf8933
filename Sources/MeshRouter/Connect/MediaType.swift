/// The value of a `Content-Type` header: what it is, without its parameters but the charset.
package struct MediaType: Sendable, Equatable {
    /// `application/json`, in lower case.
    package let name: String
    /// The parameter `charset`, in lower case.
    package let charset: String?

    package init(_ header: String) {
        let parts = header.split(separator: ";", omittingEmptySubsequences: false)
        name = parts[0].trimmed.lowercased()
        charset =
            parts.dropFirst().lazy.compactMap { part -> String? in
                let pair = part.split(separator: "=", maxSplits: 1)
                guard pair.count == 2, pair[0].trimmed.lowercased() == "charset" else { return nil }
                return pair[1].trimmed.lowercased().filter { $0 != "\"" }
            }.first
    }

    /// JSON in UTF-8.
    package var isJSON: Bool { name == "application/json" && isUTF8 }

    /// JSON in UTF-8 under whatever name, such as `application/vnd.shop+json`.
    package var isJSONData: Bool { isJSON || name.hasSuffix("+json") && isUTF8 }

    package var isUTF8: Bool { charset == nil || charset == "utf-8" || charset == "utf8" }
}

extension StringProtocol {
    /// Without spaces and tabs at both ends.
    var trimmed: SubSequence {
        var text = self[...]
        while let first = text.first, first == " " || first == "\t" { text = text.dropFirst() }
        while let last = text.last, last == " " || last == "\t" { text = text.dropLast() }
        return text
    }

    /// At most 64 characters of it, for messages.
    var shortened: String { count <= 64 ? String(self) : String(prefix(63)) + "…" }
}
