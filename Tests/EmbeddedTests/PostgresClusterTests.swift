import Foundation
import Glibc
import TestSupport
import Testing

@testable import Embedded

/// The folder of a Postgres server, before one is started over it.
@Suite struct PostgresClusterTests {
    /// A folder that the user `postgres` can reach, as it has to.
    private func folder(_ name: String) throws -> String {
        let path = "\(TestEnvironment.directory)/\(TestEnvironment.uniqueName(name))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    /// Versions of Postgres side by side.
    private func versions(_ numbers: Int...) throws -> String {
        let root = try folder("versions")
        for number in numbers {
            try FileManager.default.createDirectory(atPath: "\(root)/\(number)/bin", withIntermediateDirectories: true)
            for name in ["initdb", "postgres"] {
                try #require(
                    FileManager.default.createFile(
                        atPath: "\(root)/\(number)/bin/\(name)", contents: Data(),
                        attributes: [.posixPermissions: 0o755]))
            }
        }
        return root
    }

    @Test func `the programs are those of the version that made the data, else the newest`() throws {
        let root = try versions(9, 15, 17)
        #expect(try Programs.postgres(root: root) == root + "/17/bin")
        #expect(try Programs.postgres(version: "15", root: root) == root + "/15/bin")
        #expect(try Programs.postgres(version: "16", root: root) == root + "/17/bin")
        #expect(try Programs.postgres(version: "nonsense", root: root) == root + "/17/bin")
    }

    @Test func `data of an older version are kept where that is still installed, and refused where it isn't`() throws {
        let directory = try folder("older")
        try FileManager.default.createDirectory(atPath: directory + "/data", withIntermediateDirectories: true)
        for (name, text) in ["data/PG_VERSION": "15\n", "password": "secret"] {
            try text.write(toFile: "\(directory)/\(name)", atomically: true, encoding: .utf8)
        }
        #expect(try PostgresCluster(directory, versions: versions(15, 17)).prepare() == "secret")
        let root = try versions(17)
        let error = #expect(throws: EmbeddedError.self) { try PostgresCluster(directory, versions: root).prepare() }
        #expect(error?.message.contains("was made by Postgres 15, but the programs found are \(root)/17/bin") == true)
    }

    @Test(.enabled(if: getuid() == 0)) func `root trusts no folder that others have made or can write in`() throws {
        let parent = try folder("stand-in")
        func made(_ name: String, _ permissions: Int, owner: uid_t = 0) throws -> String {
            let path = "\(parent)/\(name)"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try #require(chmod(path, mode_t(permissions)) == 0 && chown(path, owner, owner) == 0)
            return path
        }
        try PostgresCluster.refuseForeign(made("roots", 0o700))
        let postgres = try #require(getpwnam("postgres")).pointee.pw_uid
        try PostgresCluster.refuseForeign(made("servers", 0o755, owner: postgres))
        for (path, problem) in [
            (try made("others", 0o700, owner: 65534), "belongs to neither"),
            (try made("open", 0o777), "can be written by others"), (parent + "/link", "is no folder"),
        ] {
            if path.hasSuffix("link") { try #require(symlink("/etc", path) == 0) }
            let error = #expect(throws: EmbeddedError.self) { try PostgresCluster.refuseForeign(path) }
            #expect(error?.message.contains(problem) == true)
        }
    }

    @Test(.enabled(if: getuid() == 0)) func `data don't go to a stand-in that somebody else has prepared`() throws {
        let parent = try folder("closed")
        try #require(chmod(parent, 0o700) == 0 && chown(parent, 0, 0) == 0)
        let wanted = parent + "/postgres"
        let standIn = PostgresCluster.standIn(for: wanted)
        defer { unlink(standIn) }
        try #require(symlink(parent, standIn) == 0)
        let error = #expect(throws: EmbeddedError.self) { try PostgresCluster(wanted) }
        #expect(error?.message.hasPrefix("\(standIn) is no folder") == true)
    }

    @Test(.enabled(if: getuid() == 0)) func `data of another user are left alone by root, who is told whose they are`()
        throws
    {
        let directory = try folder("another's")
        try FileManager.default.createDirectory(atPath: directory + "/data", withIntermediateDirectories: true)
        try "15\n".write(toFile: directory + "/data/PG_VERSION", atomically: true, encoding: .utf8)
        for path in [directory, directory + "/data"] { try #require(chown(path, 65534, 65534) == 0) }
        let error = #expect(throws: EmbeddedError.self) { try PostgresCluster(directory) }
        #expect(error?.message.hasPrefix("\(directory)/data belongs to the user nobody") == true)
        var found = stat()
        #expect(stat(directory, &found) == 0 && found.st_uid == 65534)
    }

    @Test func `nothing is written through a link in the log's place`() throws {
        let directory = try folder("linked")
        try #require(symlink("\(directory)/target", "\(directory)/log") == 0)
        #expect(throws: EmbeddedError.self) { try Folders.createLog(directory + "/log") }
        let error = #expect(throws: EmbeddedError.self) {
            _ = try ChildProcess(
                .init(
                    executable: "/bin/sh", arguments: ["-c", "echo said"], directory: "/", log: directory + "/log"))
        }
        #expect(error?.message.contains(directory + "/log") == true)
        #expect(!FileManager.default.fileExists(atPath: directory + "/target"))
    }
}
