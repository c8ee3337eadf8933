package import MeshCore

/// A named value of a command: a flag on the command line, an environment variable, a key of `wasmesh.json`, or a default.
package struct Option<Value: OptionValue>: Sendable {
    package let description: OptionDescription
    package let defaultValue: Value?

    /// An option with a value; `limit` says what is wrong with a value of the right type, or nil.
    package init(
        _ name: String, short: Character? = nil, _ placeholder: String, _ summary: String, default value: Value? = nil,
        defaultText: String? = nil, environment: String? = nil, key: String? = nil,
        limit: @escaping @Sendable (Value) -> String? = { _ in nil }
    ) {
        defaultValue = value
        description = OptionDescription(
            name: name, short: short, placeholder: placeholder, summary: summary,
            defaultText: defaultText ?? value.map { "\($0)" }, environment: environment, key: key,
            problem: { text in
                guard let value = Value.parse(text) else { return "expected \(Value.expectation), found '\(text)'" }
                return limit(value)
            },
            problemOfType: Option.problemOfType)
    }
}

extension Option {
    /// What is wrong with the JSON type of a value in the file; its text may look right, as that of "8080" does.
    private static func problemOfType(_ node: JSONNode) -> String? {
        if Value.isWritten(as: node.value) { return nil }
        let isText = if case .string = node.value { true } else { false }
        return "expected \(Value.expectation), found \(isText ? "the text " : "")\(node.rendered())"
    }
}

extension Option where Value == Bool {
    /// A switch: present or not; from the environment or the file `true` or `false`.
    package static func flag(
        _ name: String, short: Character? = nil, _ summary: String, environment: String? = nil, key: String? = nil
    ) -> Option<Bool> {
        Option(
            OptionDescription(
                name: name, short: short, placeholder: nil, summary: summary, defaultText: nil,
                environment: environment, key: key,
                problem: { Bool.parse($0) == nil ? "expected \(Bool.expectation), found '\($0)'" : nil },
                problemOfType: Option.problemOfType))
    }

    /// A switch for what is on without it: `--no-…` on the command line; from the environment or the file `true` or `false`.
    package static func flag(
        off name: String, _ summary: String, environment: String? = nil, key: String? = nil
    ) -> Option<Bool> {
        let on = flag(name, summary, environment: environment, key: key)
        var description = on.description
        description.switchedTo = "false"
        return Option(description, default: true)
    }

    private init(_ description: OptionDescription, default value: Bool = false) {
        self.description = description
        defaultValue = value
    }
}

/// What the parser, the help page and the configuration file need to know of an option, whatever its type.
package struct OptionDescription: Sendable {
    package let name: String
    package let short: Character?
    /// The word for the value, `PORT`; nil for a switch.
    package let placeholder: String?
    package let summary: String
    package let defaultText: String?
    /// The environment variable, `WASMESH_…`.
    package let environment: String?
    /// The path in `wasmesh.json`, `router.port`.
    package let key: String?
    /// What is wrong with a text as the value, or nil.
    package let problem: @Sendable (String) -> String?
    /// What is wrong with the type of a value in `wasmesh.json`, or nil.
    package let problemOfType: @Sendable (JSONNode) -> String?
    /// The value of a switch that stands on the command line.
    package var switchedTo = "true"

    /// Whether a word of a command line names it: `--port`, `--port=8080`, `-p`.
    func isSpelled(_ word: String) -> Bool {
        let name = word.prefix { $0 != "=" }
        return name == "--" + self.name || short.map { name == "-\($0)" } ?? false
    }
}
