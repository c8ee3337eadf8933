/// Who made a call over HTTP: the bearer of the token that came with it, as the router has checked it.
///
/// It is carried as the text that guests are given, `{"name":"ada","roles":["clerk"]}`, and taken apart by them alone.
package struct Principal: Sendable, Equatable {
    /// The most bytes of it, as of the mesh's other headers.
    package static let maximumBytes = HeaderFields.extensionBytes

    /// JSON of one form: what says the same is the same text, so that a replay reads what the first run did.
    package let text: String

    /// Who that is, as operators are told.
    package var name: String? { (try? JSONReader.read(text))?["name"]?.text }

    /// A token's; nil where it would take more than `maximumBytes`, and where the name is empty.
    package init?(name: String, roles: [String], isAdministrator: Bool = false) {
        var text = "{\"name\":"
        JSONText.appendString(name, to: &text)
        text += ",\"roles\":["
        for (index, role) in roles.enumerated() {
            if index > 0 { text += "," }
            JSONText.appendString(role, to: &text)
        }
        text += isAdministrator ? "],\"administrator\":true}" : "]}"
        // Postgres holds no zero byte, not even one that is escaped.
        guard !name.isEmpty, text.utf8.count <= Principal.maximumBytes,
            !name.hasZeroByte, !roles.contains(where: \.hasZeroByte)
        else { return nil }
        self.text = text
    }

    /// Reads what a record, a row or a journal has; nil for anything that names nobody. Members that aren't known are left out.
    package init?(_ text: String) {
        guard text.utf8.count <= Principal.maximumBytes, let node = try? JSONReader.read(text),
            case .string(let name)? = node["name"]?.value,
            case .array(let elements)? = node["roles"]?.value
        else { return nil }
        var roles: [String] = []
        for element in elements {
            guard case .string(let role) = element.value else { return nil }
            roles.append(role)
        }
        var isAdministrator = false
        if let said = node["administrator"]?.value {
            guard case .bool(let value) = said else { return nil }
            isAdministrator = value
        }
        self.init(name: name, roles: roles, isAdministrator: isAdministrator)
    }
}
