package import MeshCore

/// `wasmesh.json`: settings by path, each with its place in the file. Unknown keys are refused.
package struct ConfigurationFile: Sendable {
    package struct Entry: Sendable, Equatable {
        /// The scalar as text; an object or array as JSON.
        package let text: String
        /// `wasmesh.json:3:5`
        package let position: String
    }

    /// The file's path, nil where there is none.
    package let path: String?
    /// The members of free-form sections, such as `config`.
    package let document: JSONNode?
    private let entries: [String: Entry]

    package static let empty = ConfigurationFile(path: nil, document: nil, entries: [:])

    private init(path: String?, document: JSONNode?, entries: [String: Entry]) {
        self.path = path
        self.document = document
        self.entries = entries
    }

    /// The setting at a dotted path, or nil.
    package func entry(_ key: String) -> Entry? { entries[key] }

    /// Reads `text`, the content of the file at `path`, and checks it against the catalogue of settings.
    package static func read(_ text: String, path: String) throws(CommandFailure) -> ConfigurationFile {
        let document: JSONNode
        do {
            document = try JSONReader.read(text)
        } catch {
            throw .usage("\(path):\(error.line):\(error.column): error: \(error.message)")
        }
        guard case .object = document.value else {
            throw .usage("\(path):\(document.line):\(document.column): error: expected an object of settings")
        }
        var entries: [String: Entry] = [:]
        var problems: [String] = []
        collect(document, prefix: "", path: path, into: &entries, &problems)
        guard problems.isEmpty else { throw .usage(problems.joined(separator: "\n")) }
        return ConfigurationFile(path: path, document: document, entries: entries)
    }

    private static func collect(
        _ node: JSONNode, prefix: String, path: String, into entries: inout [String: Entry], _ problems: inout [String]
    ) {
        for member in node.members {
            let key = prefix + member.name
            let position = "\(path):\(member.line):\(member.column)"
            if Settings.freeForm.contains(key) {
                if let problem = Settings.problem(freeForm: key, member.node) {
                    problems.append("\(position): error: '\(key)': \(problem)")
                }
                entries[key] = Entry(text: member.node.rendered(), position: position)
            } else if let setting = Settings.byKey[key] {
                guard let text = member.node.text else {
                    problems.append("\(position): error: '\(key)' takes a single value")
                    continue
                }
                if let problem = setting.problem(text) ?? setting.problemOfType(member.node) {
                    problems.append("\(position): error: '\(key)': \(problem)")
                }
                entries[key] = Entry(text: text, position: position)
            } else if Settings.sections.contains(key) {
                guard case .object = member.node.value else {
                    problems.append("\(position): error: '\(key)' is a section: expected an object")
                    continue
                }
                collect(member.node, prefix: key + ".", path: path, into: &entries, &problems)
            } else {
                let siblings = Settings.names(in: prefix)
                let clause = DidYouMean.clause(for: member.name, among: siblings)
                let known = clause.isEmpty ? "; known here: \(siblings.joined(separator: ", "))" : clause
                problems.append("\(position): error: unknown key '\(key)'\(known)")
            }
        }
    }
}
