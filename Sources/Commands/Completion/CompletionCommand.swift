/// `wasmesh completion SHELL`
enum CompletionCommand: Command {
    private static let shells = ["bash", "zsh", "fish"]

    static let description = CommandDescription(
        "completion", "prints a completion script for a shell",
        arguments: [Argument("SHELL", "bash, zsh or fish.")],
        examples: [("source <(wasmesh completion bash)", "completes commands and options in this shell")])

    static func run(_ invocation: Invocation) async throws {
        let shell = invocation.argument(0) ?? ""
        switch shell {
        case "bash": invocation.output.raw(bash)
        case "zsh": invocation.output.raw("autoload -U +X bashcompinit && bashcompinit\n" + bash)
        case "fish": invocation.output.raw(fish)
        default:
            throw CommandFailure.usage(
                "no completion for '\(shell)'\(DidYouMean.clause(for: shell, among: shells))",
                hint: "known shells: \(shells.joined(separator: ", "))")
        }
    }

    /// A command's path with the words that may follow it.
    private struct Continuation {
        let path: String
        let next: [String]
    }

    private static var words: [Continuation] {
        var words: [Continuation] = []
        collect(RootCommand.self, path: RootCommand.description.name, into: &words)
        return words
    }

    private static func collect(_ command: any Command.Type, path: String, into words: inout [Continuation]) {
        let description = command.description
        let names = description.subcommands.map { $0.description.name }
        let options = (description.options + GlobalOptions.descriptions).map { "--" + $0.name } + ["--help"]
        words.append(Continuation(path: path, next: names + options))
        for child in description.subcommands {
            collect(child, path: path + " " + child.description.name, into: &words)
        }
    }

    private static var bash: String {
        let cases = words.map { "        \"\($0.path)\") words=\"\($0.next.joined(separator: " "))\" ;;" }
        let paths = words.map { "|\($0.path)|" }.joined()
        return """
            _wasmesh() {
                local path="" words="" index
                for ((index = 0; index < COMP_CWORD; index++)); do
                    local longer="${path:+$path }${COMP_WORDS[index]##*/}"
                    case "\(paths)" in *"|$longer|"*) path="$longer" ;; esac
                done
                case "$path" in
            \(cases.joined(separator: "\n"))
                esac
                COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))
            }
            complete -o default -F _wasmesh wasmesh

            """
    }

    private static var fish: String {
        let lines = RootCommand.description.subcommands.flatMap { command -> [String] in
            let description = command.description
            let seen = "__fish_seen_subcommand_from \(description.name)"
            return [
                "complete -c wasmesh -n __fish_use_subcommand -f -a \(description.name) -d '\(description.summary.replacing("'", with: "\\'"))'"
            ] + description.subcommands.map { "complete -c wasmesh -n '\(seen)' -f -a \($0.description.name)" }
                + (description.options + GlobalOptions.descriptions).map {
                    "complete -c wasmesh -n '\(seen)' -l \($0.name)"
                }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
