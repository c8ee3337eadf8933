import Commands
import MeshCore
import Testing

/// Every command of the program, by its path.
let everyCommand: [[String]] = {
    func collect(_ command: any Command.Type, _ path: [String]) -> [[String]] {
        [path] + command.description.subcommands.flatMap { collect($0, path + [$0.description.name]) }
    }
    return collect(RootCommand.self, [])
}()

@Suite struct HelpTests {
    @Test(arguments: everyCommand)
    func `every command has a help page that fits a terminal`(_ path: [String]) async {
        let run = await ProgramRun(path + ["--help"])
        #expect(run.exit == .success)
        #expect(run.error == "")
        #expect(run.out.hasPrefix((["wasmesh"] + path).joined(separator: " ") + ": "))
        for line in run.out.split(separator: "\n") { #expect(line.count <= 120, "\(line)") }
    }

    @Test(arguments: everyCommand)
    func `every command says what it does and explains its options in one style`(_ path: [String]) {
        var command: any Command.Type = RootCommand.self
        for word in path {
            guard let child = command.description.subcommands.first(where: { $0.description.name == word }) else {
                continue
            }
            command = child
        }
        let description = command.description
        #expect(description.summary.first?.isLowercase == true && !description.summary.hasSuffix("."))
        for option in description.options {
            #expect(option.summary.hasSuffix("."), "--\(option.name)")
            #expect(option.environment.map(EnvironmentCheck.known.contains) ?? true, "--\(option.name)")
        }
        let names = (description.options + GlobalOptions.descriptions).map(\.name)
        #expect(Set(names).count == names.count, "an option is there twice: \(names)")
        let shorts = description.options.compactMap(\.short)
        #expect(Set(shorts).count == shorts.count, "a short option is there twice: \(shorts)")
    }

    @Test func `the commands of the design are all there`() {
        let names = Set(everyCommand.map { $0.joined(separator: " ") })
        let promised = [
            "init", "build", "test", "schema check", "schema diff", "schema render", "dev", "deploy", "call", "send",
            "emit",
            "services", "routes", "workers", "lag", "dead-letters list", "dead-letters show", "dead-letters redrive",
            "dead-letters discard", "workflows list", "workflows show", "workflows start", "workflows signal",
            "workflows query", "workflows cancel", "workflows terminate", "workflows retry", "workflows reset",
            "workflows restart", "workflows upgrade", "workflows replay",
            "schedules list", "schedules pause", "schedules resume", "schedules trigger", "state", "state set",
            "state delete", "logs", "router",
            "worker", "relay", "egress", "grants list", "grants add", "grants revoke", "limits list", "limits set",
            "limits remove", "migrate", "doctor", "version",
            "completion",
        ]
        #expect(promised.filter { !names.contains($0) } == [])
    }

    @Test func `bare wasmesh shows the help and is a usage error`() async {
        let run = await ProgramRun([])
        #expect(run.exit == .usage)
        #expect(run.error.contains("Usage: wasmesh COMMAND"))
        #expect(run.out == "")
    }

    @Test func `help and --version mean what they mean everywhere`() async {
        let help = await ProgramRun(["help", "schema", "check"])
        #expect(help.exit == .success)
        #expect(help.out.hasPrefix("wasmesh schema check: "))
        #expect(await ProgramRun(["help"]).out.contains("Usage: wasmesh COMMAND"))
        #expect(await ProgramRun(["help", "nonsense"]).exit == .usage)
        let version = await ProgramRun(["--version"])
        #expect(version.out.hasPrefix("wasmesh ") && version.exit == .success)
    }

    @Test func `the help names every exit code that there is`() async {
        let run = await ProgramRun(["--help"])
        for code in ["0 ", "1 ", "2 ", "3 ", "4 ", "130, 143 "] { #expect(run.out.contains("\n  \(code)"), "\(code)") }
    }

    @Test func `WASMESH_JSON is checked like every variable`() async {
        let run = await ProgramRun(["version"], environment: ["WASMESH_JSON": "maybe"])
        #expect(run.exit == .usage)
        #expect(run.error.contains("WASMESH_JSON: expected true or false, found 'maybe'"))
        #expect(await ProgramRun(["version"], environment: ["WASMESH_JSON": "1"]).out.hasPrefix("{"))
    }

    @Test func `errors are JSON after --json`() async throws {
        let run = await ProgramRun(["call", "nonsense", "--json"])
        let node = try JSONReader.read(run.error)
        #expect(run.exit == .usage)
        #expect(node.text("code") == "INVALID_REQUEST")
        #expect(node.text("message") == "'nonsense' is not a method")
        #expect(node["details"]?.value == .null && node["retryable"]?.value == .bool(false))
        #expect(!node.text("timestamp").isEmpty)
        #expect(node.text("exit") == "2")
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func `completion knows every command`(_ shell: String) async {
        let run = await ProgramRun(["completion", shell])
        #expect(run.exit == .success)
        for path in everyCommand where path.count == 1 { #expect(run.out.contains(path[0])) }
    }
}
