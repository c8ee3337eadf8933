import Embedded
import Foundation
import Glibc
import TestSupport
import Testing

/// Programs that run beside this one and end with it.
@Suite struct ChildProcessTests {
    private func shell(_ script: String, log: String = "/dev/null") throws(EmbeddedError) -> ChildProcess {
        try ChildProcess(.init(executable: "/bin/sh", arguments: ["-c", script], directory: "/", log: log))
    }

    @Test func `how it ended is told`() throws {
        let good = try shell("exit 0")
        #expect(good.waitUntilEnded(within: .seconds(10)))
        #expect(good.exitCode == 0)
        let bad = try shell("exit 7")
        #expect(bad.waitUntilEnded(within: .seconds(10)))
        #expect(bad.exitCode == 7)
        #expect(bad.ending == "exit code 7")
        let killed = try shell("kill -KILL $$")
        #expect(killed.waitUntilEnded(within: .seconds(10)))
        #expect(killed.exitCode == nil)
        #expect(killed.ending == "signal 9")
        #expect(killed.waitUntilEnded(within: .zero))
    }

    @Test func `one that ignores the request to end is made to, also when it is suspended`() async throws {
        let log = "\(TestEnvironment.directory)/\(TestEnvironment.uniqueName("deaf"))"
        let deaf = try shell("trap '' TERM; echo ready; while :; do sleep 1; done", log: log)
        try await eventually("the trap") { (try? String(contentsOfFile: log, encoding: .utf8)) == "ready\n" }
        deaf.stop(patience: .milliseconds(100))
        #expect(deaf.ending == "signal 9")
        let frozen = try shell("while :; do sleep 1; done")
        frozen.signal(SIGSTOP)
        frozen.stop(patience: .seconds(10))
        #expect(frozen.ending == "signal 15")
    }

    @Test func `a program is found also where its path has a sign that variables have`() throws {
        let folder = "\(TestEnvironment.directory)/\(TestEnvironment.uniqueName("a=b"))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let program = "\(folder)/tell"
        try "#!/bin/sh\npwd\necho \"$1\"\n".write(toFile: program, atomically: true, encoding: .utf8)
        #expect(chmod(program, 0o755) == 0)
        let child = try ChildProcess(
            .init(executable: program, arguments: ["broker"], directory: folder, log: "\(folder)/log"))
        #expect(child.waitUntilEnded(within: .seconds(10)))
        #expect(child.exitCode == 0)
        #expect(try String(contentsOfFile: "\(folder)/log", encoding: .utf8) == "\(folder)\nbroker\n")
    }

    @Test func `it has none of our descriptors but its log`() throws {
        let log = "\(TestEnvironment.directory)/\(TestEnvironment.uniqueName("descriptors"))"
        let extra = open("/dev/null", O_RDONLY)
        defer { close(extra) }
        let child = try shell("ls /proc/$$/fd", log: log)
        #expect(child.waitUntilEnded(within: .seconds(10)))
        let listed = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").compactMap { Int32($0) }
        #expect(listed.contains(0) && listed.contains(1) && listed.contains(2))
        #expect(!listed.contains(extra))
    }

    @Test func `the kernel ends it when the process that started it dies, also under another user`() throws {
        let setpriv = try #require(Programs.find("setpriv"))
        for user in getuid() == 0 ? [nil, "postgres"] : [nil] {
            let log = "\(TestEnvironment.directory)/\(TestEnvironment.uniqueName("setpriv"))"
            // `--dump` tells what the kernel holds for the program itself, after every change of user and program.
            let child = try ChildProcess(
                .init(executable: setpriv, arguments: ["--dump"], directory: "/", log: log, user: user))
            #expect(child.waitUntilEnded(within: .seconds(10)))
            let dump = try String(contentsOfFile: log, encoding: .utf8)
            #expect(dump.split(separator: "\n").contains { $0.hasPrefix("Parent death signal: KILL") }, "\(dump)")
        }
    }

    @Test func `it is in a group of its own, so that Ctrl-C doesn't reach it`() throws {
        let child = try shell("sleep 100")
        defer { child.stop(SIGKILL, patience: .zero) }
        try #require(child.isRunning)
        #expect(getpgid(child.pid) == child.pid)
    }

    @Test func `a program that isn't there is an error that names it`() {
        let error = #expect(throws: EmbeddedError.self) {
            _ = try ChildProcess(.init(executable: "/nowhere/program", arguments: [], directory: "/", log: "/dev/null"))
        }
        #expect(error?.message.contains("/nowhere/program") == true)
    }
}
