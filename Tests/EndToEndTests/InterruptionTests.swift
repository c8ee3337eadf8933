import Embedded
import Foundation
import Glibc
import TestSupport
import Testing

/// What the shell does to a command: Ctrl-C and SIGTERM while tools work for it, streams that are closed, processors that are kept from it.
@Suite struct InterruptionTests {
    /// Writes a program; by itself it tells its number, and what tests are told of the sandbox, and then sleeps.
    private func write(_ name: String, in folder: String, script: String? = nil) throws {
        let sleeper = """
            #!/bin/sh
            echo "$$ $WASMESH_TEST_SANDBOX" > '\(folder)/told.new' && mv '\(folder)/told.new' '\(folder)/told'
            exec sleep 1000

            """
        let script = script ?? sleeper
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try #require(
            FileManager.default.createFile(
                atPath: "\(folder)/\(name)", contents: Data(script.utf8), attributes: [.posixPermissions: 0o755]))
    }

    /// Runs a command with the folder first on the PATH, signals it once its tool works, and gives what that told.
    private func interrupt(
        _ words: [String], in project: String, tools: String, by signal: Int32, cache: String? = nil
    ) async throws -> (exit: Int32?, told: [String]) {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        var environment = ["PATH": "\(tools):\(path)"]
        environment["XDG_CACHE_HOME"] = cache
        let child = try ChildProcess(
            .init(
                executable: Wasmesh.binary, arguments: words, environment: environment, directory: project,
                log: project + "/log"))
        let told = try await eventually("the tool to work", within: .seconds(120)) { () -> String? in
            if let ending = child.ending {
                let log = (try? String(contentsOfFile: project + "/log", encoding: .utf8)) ?? ""
                throw ProcessFailure(description: "it ended (\(ending)): \(log)")
            }
            return try? String(contentsOfFile: tools + "/told", encoding: .utf8)
        }.split(whereSeparator: \.isWhitespace).map(String.init)
        child.signal(signal)
        try await eventually("the command to end") { !child.isRunning }
        return (child.exitCode, told)
    }

    @Test func `a command whose working directory was deleted says so, and looks for no project for ever`() async throws
    {
        let parent = try scratchDirectory("gone")
        for words in ["services", "build", "doctor"] {
            let outcome = try await Wasmesh.run(
                ["-c", "mkdir d && cd d && rmdir ../d && exec '\(Wasmesh.binary)' \(words)"], in: parent,
                within: .seconds(20), executable: "/bin/sh")
            #expect(
                outcome.exit == 2 && outcome.error.contains("working directory isn't there"), "\(words): \(outcome)")
        }
    }

    @Test func `a command that is bound to one processor says no more than others`() async throws {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let allowed = try #require(status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") })
        let processor = try #require(allowed.split { !$0.isNumber }.first)
        let outcome = try await Wasmesh.run(
            ["-c", String(processor), Wasmesh.binary, "--version"], in: NSTemporaryDirectory(),
            executable: "/usr/bin/taskset")
        #expect(outcome.exit == 0 && outcome.error.isEmpty && outcome.out.hasPrefix("wasmesh "), "\(outcome)")
    }

    @Test(arguments: [SIGINT, SIGTERM]) func `a build ends with its compiler`(_ signal: Int32) async throws {
        let project = try scratchDirectory("interrupted")
        _ = try await Wasmesh.run(["init", "probe"], in: project)
        let tools = project + "/tools/bin"
        // What a tool chain must have to be one; its compiler of C is asked first, for the SDK.
        try write("swiftc", in: tools, script: "#!/bin/sh\necho 'Swift version 0'\n")
        try write("clang", in: tools)
        for file in ["bin/wasm-ld", "lib/swift/embedded/wasm32-unknown-none-wasm/libswiftUnicodeDataTables.a"] {
            let path = URL(fileURLWithPath: "\(project)/tools/\(file)")
            try FileManager.default.createDirectory(
                at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data().write(to: path)
        }
        let (exit, told) = try await interrupt(
            ["build"], in: project + "/probe", tools: tools, by: signal, cache: project + "/cache")
        #expect(exit == 128 + signal)
        #expect(ProcessIdentity(running: try #require(Int32(told[0]))) == nil)
        let left = (try? FileManager.default.contentsOfDirectory(atPath: project + "/cache/wasmesh")) ?? []
        #expect(left.filter { $0.hasPrefix("new-") } == [])
    }

    @Test func `tests end with the command, and the sandbox's folder goes`() async throws {
        let project = try scratchDirectory("interrupted")
        _ = try await Wasmesh.run(["init", "probe"], in: project)
        let tools = project + "/tools"
        try write("swift", in: tools)
        let (exit, told) = try await interrupt(
            ["test", "--sandbox"], in: project + "/probe", tools: tools, by: SIGTERM)
        #expect(exit == 143)
        #expect(ProcessIdentity(running: try #require(Int32(told[0]))) == nil)
        let socket = try #require(told.last)
        #expect(socket.hasPrefix("/tmp/wasmesh-test-"))
        let folder = URL(fileURLWithPath: socket).deletingLastPathComponent().path
        #expect(!FileManager.default.fileExists(atPath: folder))
    }

    @Test func `a command without a standard input finds it empty`() async throws {
        let directory = try scratchDirectory("streams")
        let line = "'\(Wasmesh.binary)' call a.B/c - <&-"
        let run = try await Wasmesh.run(["-c", line], in: directory, executable: "/bin/sh")
        #expect(run.exit == 2)
        #expect(run.error.contains("standard input:1:1: not JSON"), "\(run)")
        let other = try await Wasmesh.run(["-c", "'\(Wasmesh.binary)' logs >&-"], in: directory, executable: "/bin/sh")
        #expect(other.exit == 1)
        #expect(other.error.contains("`wasmesh dev` writes it"), "\(other)")
    }
}
