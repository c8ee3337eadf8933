import Foundation

/// The program: from a command line to an exit code.
package enum Program {
    /// Opens those of the standard streams that the process was started without; else the first file or socket that it opens would pass for one.
    package static func openStandardStreams() {
        for descriptor in Int32(0)...2 where fcntl(descriptor, F_GETFD) == -1 { _ = open("/dev/null", O_RDWR) }
    }

    /// Runs the process's own command line.
    package static func main() async -> Int32 {
        await run(
            Array(ProcessInfo.processInfo.arguments.dropFirst()), environment: ProcessInfo.processInfo.environment,
            directory: FileManager.default.currentDirectoryPath,
            ownsProcess: true, makeOutput: { Output(json: $0, environment: ProcessInfo.processInfo.environment) }
        ).rawValue
    }

    /// Runs `words`; everything the command depends on comes in, so that tests can run it in their own process.
    package static func run(
        _ words: [String], environment: [String: String], directory: String, ownsProcess: Bool = false,
        makeOutput: (Bool) -> Output
    ) async -> ExitCode {
        var output = makeOutput(words.contains("--json") || Bool.parse(environment["WASMESH_JSON"] ?? "") == true)
        do {
            let line = try ParsedLine.parse(words, root: RootCommand.self)
            if line.wantsHelp {
                output.line(HelpPage(of: line.command, path: line.path).text)
                if let problem = output.problem { throw problem }
                return .success
            }
            guard directory.hasPrefix("/") else {
                throw CommandFailure.usage(
                    "the working directory isn't there any more", hint: "change to one that is, and try again")
            }
            output = makeOutput(line.options["json"] != nil || Bool.parse(environment["WASMESH_JSON"] ?? "") == true)
            for warning in EnvironmentCheck.warnings(environment) { output.errorLine(warning) }
            let configuration = try configurationFile(line, environment, directory)
            let invocation = try Invocation(
                line: line, output: output, environment: environment, configuration: configuration,
                directory: directory, development: DevelopmentAddresses.find(from: directory), ownsProcess: ownsProcess)
            try await line.command.run(invocation)
            if let problem = output.problem { throw problem }
            return .success
        } catch let failure as CommandFailure {
            output.report(failure)
            return failure.exit
        } catch {
            let failure = Failures.describe(error)
            output.report(failure)
            return failure.exit
        }
    }

    private static func configurationFile(
        _ line: ParsedLine, _ environment: [String: String], _ directory: String
    ) throws(CommandFailure) -> ConfigurationFile {
        let named = line.options["config"] ?? environment["WASMESH_CONFIG"]
        guard let path = named ?? ProjectDirectory.configurationFile(from: directory) else { return .empty }
        let full = path.hasPrefix("/") ? path : directory + "/" + path
        guard let data = FileManager.default.contents(atPath: full), let text = String(data: data, encoding: .utf8)
        else {
            throw .usage("cannot read the configuration file \(path)", hint: "check --config and WASMESH_CONFIG")
        }
        let shown = full.hasPrefix(directory + "/") ? String(full.dropFirst(directory.count + 1)) : full
        return try ConfigurationFile.read(text, path: shown)
    }
}
