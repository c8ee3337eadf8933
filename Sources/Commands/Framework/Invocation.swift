/// One run of a command: its arguments, its settings from all sources, and where it writes.
package struct Invocation: Sendable {
    package let path: [String]
    package let arguments: [String]
    package let output: Output
    /// The process's environment.
    package let environment: [String: String]
    /// `wasmesh.json`, empty where there is none.
    package let configuration: ConfigurationFile
    /// The directory the command works in.
    package let directory: String
    /// True where the process is this command's, so that its signals are, too.
    package let ownsProcess: Bool
    private let flags: [String: String]
    private let development: DevelopmentAddresses?

    package init(
        line: ParsedLine, output: Output, environment: [String: String], configuration: ConfigurationFile,
        directory: String, development: DevelopmentAddresses?, ownsProcess: Bool = false
    ) throws(CommandFailure) {
        path = line.path
        arguments = line.arguments
        flags = line.options
        self.output = output
        self.environment = environment
        self.configuration = configuration
        self.directory = directory
        self.development = development
        self.ownsProcess = ownsProcess
        for option in line.command.description.options + GlobalOptions.descriptions { try check(option) }
    }

    /// The value of an option that has a default.
    package func value<Value>(_ option: Option<Value>) throws(CommandFailure) -> Value {
        guard let value = given(option) ?? option.defaultValue else {
            throw .usage(Invocation.missing(option.description))
        }
        return value
    }

    /// The value of an option, or nil where nobody set it and it has no default.
    package func optional<Value>(_ option: Option<Value>) -> Value? { given(option) ?? option.defaultValue }

    /// True where the switch is on.
    package func has(_ flag: Option<Bool>) -> Bool { given(flag) ?? false }

    /// The value from a flag, the environment or `wasmesh.json`, or of the running `wasmesh dev`; nil where none has it.
    package func given<Value>(_ option: Option<Value>) -> Value? {
        text(option.description).flatMap { Value.parse($0.text) }
    }

    /// An option's value as it was given, and where: a flag, a variable, a place in `wasmesh.json`.
    package func origin<Value>(of option: Option<Value>) -> (text: String, origin: String)? { text(option.description) }

    /// True where the command line itself gives the option.
    package func isOnCommandLine<Value>(_ option: Option<Value>) -> Bool { flags[option.description.name] != nil }

    /// The control plane's token of the running `wasmesh dev` of this project, or nil.
    package var developmentToken: String? { development?.token }

    /// The broker of the running `wasmesh dev` of this project, or nil.
    package var developmentKafka: String? { development?.kafka }

    /// The configuration file that was named, absolute; nil where it is the one that lies in the project.
    package var namedConfiguration: String? {
        optional(GlobalOptions.configuration).map { $0.hasPrefix("/") ? $0 : directory + "/" + $0 }
    }

    /// The positional argument at `index`, or nil.
    package func argument(_ index: Int) -> String? { arguments.indices.contains(index) ? arguments[index] : nil }

    private func text(_ option: OptionDescription) -> (text: String, origin: String)? {
        if let text = flags[option.name] { return (text, "--\(option.name)") }
        if let name = option.environment, let text = environment[name] { return (text, name) }
        guard let key = option.key else { return nil }
        if let entry = configuration.entry(key) { return (entry.text, entry.position) }
        return development?.value(of: key).map { ($0, DevelopmentAddresses.path) }
    }

    private func check(_ option: OptionDescription) throws(CommandFailure) {
        guard let (text, origin) = text(option), let problem = option.problem(text) else { return }
        throw .usage("\(origin): \(problem)")
    }

    private static func missing(_ option: OptionDescription) -> String {
        let ways = ["--\(option.name)", option.environment, option.key.map { "\($0) in wasmesh.json" }].compactMap {
            $0
        }
        let summary = option.summary.hasSuffix(".") ? String(option.summary.dropLast()) : option.summary
        let subject = summary.prefix(1).lowercased() + summary.dropFirst()
        return "\(subject) is not set: give \(ways.joined(separator: ", or "))"
    }
}
