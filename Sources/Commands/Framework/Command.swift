/// One command of the program. A type per command, in a file of its own; groups (`schema`) have subcommands and do nothing themselves, but for one with
/// arguments of its own (`state`).
package protocol Command: Sendable {
    /// What the parser and the help page know of it.
    static var description: CommandDescription { get }
    /// Does it.
    static func run(_ invocation: Invocation) async throws
}

/// A command's name, help, arguments and options.
package struct CommandDescription: Sendable {
    package let name: String
    /// One line, in the third person: "calls a method and prints its answer".
    package let summary: String
    /// Further paragraphs of the help page.
    package let discussion: String?
    package let arguments: [Argument]
    package let options: [OptionDescription]
    /// Command lines with what they do.
    package let examples: [(line: String, what: String)]
    package let subcommands: [any Command.Type]

    package init(
        _ name: String, _ summary: String, discussion: String? = nil, arguments: [Argument] = [],
        options: [OptionDescription] = [], examples: [(line: String, what: String)] = [],
        subcommands: [any Command.Type] = []
    ) {
        self.name = name
        self.summary = summary
        self.discussion = discussion
        self.arguments = arguments
        self.options = options
        self.examples = examples
        self.subcommands = subcommands
    }
}

/// A command that only holds others; alone it is a usage error with its help.
package protocol CommandGroup: Command {}

extension CommandGroup {
    package static func run(_ invocation: Invocation) async throws {
        invocation.output.errorLine(HelpPage(of: Self.self, path: invocation.path).text)
        throw CommandFailure.silent(.usage)
    }
}
