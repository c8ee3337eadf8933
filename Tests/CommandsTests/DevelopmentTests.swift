import Embedded
import Foundation
import Glibc
import Guests
import Testing

@testable import Commands

@Suite struct DevelopmentFolderTests {
    private func withFolder<Value>(_ body: (String) async throws -> Value) async throws -> Value {
        let folder = NSTemporaryDirectory() + "wasmesh-dev-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: folder + "/.wasmesh/dev", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try await body(folder)
    }

    @Test func `what a killed mesh left behind isn't taken for a running one, whoever has its number now`() async throws
    {
        try await withFolder { folder in
            func found(_ process: ProcessIdentity) throws -> DevelopmentAddresses? {
                let left = DevelopmentAddresses(
                    router: "http://127.0.0.1:1", kafka: "k:1", postgres: "p", process: process, directory: folder)
                try left.json.write(
                    toFile: folder + "/" + DevelopmentAddresses.path, atomically: true, encoding: .utf8)
                return DevelopmentAddresses.find(from: folder)
            }
            let own = ProcessIdentity.own
            let since = try #require(own.since)
            try #expect(found(own)?.router == "http://127.0.0.1:1")
            try #expect(found(ProcessIdentity(number: own.number, since: since - 1)) == nil)
            try #expect(found(ProcessIdentity(number: Int32.max, since: nil)) == nil)
            // Written by hand, or by an earlier version.
            try #expect(found(ProcessIdentity(number: own.number, since: nil)) != nil)
        }
    }

    @Test func `what a build writes is no change of a source`() async throws {
        try await withFolder { folder in
            let generated = "Sources/Generated/ShopSchema.swift"
            try FileManager.default.createDirectory(
                atPath: folder + "/Sources/Generated", withIntermediateDirectories: true)
            let watcher = try SourceWatcher(directory: folder) { generated }
            defer { watcher.stop() }
            try "let a = 1".write(toFile: folder + "/" + generated, atomically: true, encoding: .utf8)
            try "let b = 1".write(toFile: folder + "/Sources/B.swift", atomically: false, encoding: .utf8)
            var changes = watcher.changes.makeAsyncIterator()
            #expect(await changes.next() == ["Sources/B.swift"])
            // Whoever removes it wants it back.
            try FileManager.default.removeItem(atPath: folder + "/" + generated)
            #expect(await changes.next() == [generated])
        }
    }

    @Test(arguments: [([], 4), (["--workers", "6"], 6), (["--workers", "6", "--partitions", "2"], 2)])
    func `without a number there are four partitions, or one for each worker`(flags: [String], count: Int) throws {
        let invocation = try Invocation(
            line: ParsedLine.parse(["dev"] + flags, root: RootCommand.self),
            output: CapturedOutput().output(json: false), environment: [:], configuration: .empty,
            directory: "/nonexistent", development: nil)
        #expect(try DevelopmentMesh(invocation).partitions == count)
    }

    @Test func `its workers keep compiled code where the settings say, else in the project`() throws {
        func cache(_ environment: [String: String]) throws -> String {
            let invocation = try Invocation(
                line: ParsedLine.parse(["dev"], root: RootCommand.self), output: CapturedOutput().output(json: false),
                environment: environment, configuration: .empty, directory: "/nonexistent", development: nil)
            return try DevelopmentMesh(invocation).worker(0).cache
        }
        #expect(try cache([:]) == "/nonexistent/.wasmesh/cache")
        #expect(try cache(["WASMESH_CACHE": "/var/cache/wasmesh"]) == "/var/cache/wasmesh")
    }

    @Test func `the screen says where the libraries are that kcat needs`() throws {
        let captured = CapturedOutput()
        let addresses = DevelopmentAddresses(
            router: "r", kafka: "k:1", postgres: "p", process: .own, directory: "/")
        DevelopmentScreen(output: captured.output(json: false), isHeadless: true)
            .show(addresses, token: nil, services: [], routes: [], news: "")
        let folder = try #require(Programs.nativeLibraries())
        #expect(folder.hasPrefix("/") && FileManager.default.fileExists(atPath: folder + "/librdkafka.so.1"))
        #expect(captured.out.contains("kcat -b k:1 -L   needs librdkafka 2.3 or newer: LD_LIBRARY_PATH=\(folder)\n"))
    }

    @Test(arguments: [true, false])
    func `the screen says where the page for operators is; its token is for a terminal, not for a file`(
        isTerminal: Bool
    ) {
        let captured = CapturedOutput()
        let addresses = DevelopmentAddresses(
            router: "http://here:1", kafka: "k:1", postgres: "p", process: .own, directory: "/")
        let screen = DevelopmentScreen(output: captured.output(json: false, color: isTerminal), isHeadless: true)
        screen.show(addresses, token: "t0ken", services: [], routes: [], news: "")
        #expect(captured.out.contains("http://here:1/ui/" + (isTerminal ? "#token=t0ken" : " ")))
        #expect(captured.out.contains("t0ken") == isTerminal)
        let without = CapturedOutput()
        DevelopmentScreen(output: without.output(json: false, color: isTerminal), isHeadless: true)
            .show(addresses, token: nil, services: [], routes: [], news: "")
        #expect(!without.out.contains("/ui/"))
    }

    @Test func `sources that come with a new folder are seen, however fast they came`() async throws {
        try await withFolder { folder in
            let watcher = try SourceWatcher(directory: folder)
            defer { watcher.stop() }
            // Made elsewhere and moved in whole: nothing is ever written under the watcher's eyes.
            let elsewhere = NSTemporaryDirectory() + "wasmesh-new-\(UInt64.random(in: 0 ... .max))"
            try FileManager.default.createDirectory(atPath: elsewhere + "/Deep", withIntermediateDirectories: true)
            try "let a = 1".write(toFile: elsewhere + "/Deep/A.swift", atomically: false, encoding: .utf8)
            #expect(rename(elsewhere, folder + "/Sources") == 0)
            var changes = watcher.changes.makeAsyncIterator()
            #expect(await changes.next() == ["Sources/Deep/A.swift"])
        }
    }

    @Test func `what a project names outside its folder is watched, and nothing else there`() async throws {
        try await withFolder { folder in
            let project = folder + "/shop"
            for path in ["shop", "billing", "common/Sources"] {
                try FileManager.default.createDirectory(
                    atPath: folder + "/" + path, withIntermediateDirectories: true)
            }
            func write(_ text: String, _ path: String) throws {
                try text.write(toFile: folder + "/" + path, atomically: false, encoding: .utf8)
            }
            func settings(_ imports: String) throws {
                try write(
                    "{\"project\": {\"imports\": [\(imports)], \"sources\": [\"Sources\", \"../common/Sources\"]}}",
                    "shop/wasmesh.json")
            }
            try settings("\"../billing/billing.mesh.graphql\"")
            let watcher = try SourceWatcher(directory: project, outside: { GuestProject.outside(of: project) })
            defer { watcher.stop() }
            var changes = watcher.changes.makeAsyncIterator()
            try write("x", "billing/other.mesh.graphql")
            try write("x", "billing/billing.mesh.graphql")
            try write("x", "common/Sources/Common.swift")
            #expect(await changes.next() == ["../billing/billing.mesh.graphql", "../common/Sources/Common.swift"])
            // What is named later is watched from then on.
            try settings("\"./x/../../billing/other.mesh.graphql\"")
            #expect(await changes.next() == ["wasmesh.json"])
            try write("y", "billing/other.mesh.graphql")
            #expect(await changes.next() == ["../billing/other.mesh.graphql"])
        }
    }

    @Test func `a folder that the system has no watch left for is told, not passed over`() async throws {
        try await withFolder { folder in
            try FileManager.default.createDirectory(atPath: folder + "/Sources", withIntermediateDirectories: true)
            let failure = #expect(throws: CommandFailure.self) {
                _ = try SourceWatcher(
                    directory: folder,
                    addWatch: { descriptor, path, mask in
                        guard String(cString: path).hasSuffix("/Sources") else {
                            return inotify_add_watch(descriptor, path, mask)
                        }
                        errno = ENOSPC
                        return -1
                    })
            }
            #expect(failure?.message.contains("no watches left") == true, "\(String(describing: failure))")
            #expect(failure?.hint?.contains("fs.inotify.max_user_watches") == true)
        }
    }

    @Test func `links to the folder that they are in, or one above, aren't followed around`() async throws {
        try await withFolder { folder in
            for name in ["a", "b", "c"] { try #require(symlink(".", folder + "/" + name) == 0) }
            let watcher = try SourceWatcher(directory: folder)
            defer { watcher.stop() }
            let elsewhere = NSTemporaryDirectory() + "wasmesh-new-\(UInt64.random(in: 0 ... .max))"
            try FileManager.default.createDirectory(atPath: elsewhere + "/Deep", withIntermediateDirectories: true)
            for name in ["up", "Deep/up", "Deep/upper"] {
                try #require(symlink("..", elsewhere + "/" + name) == 0)
            }
            try "let a = 1".write(toFile: elsewhere + "/Deep/A.swift", atomically: false, encoding: .utf8)
            #expect(rename(elsewhere, folder + "/Sources") == 0)
            var changes = watcher.changes.makeAsyncIterator()
            #expect(await changes.next() == ["Sources/Deep/A.swift"])
            try "let b = 1".write(toFile: folder + "/B.swift", atomically: false, encoding: .utf8)
            #expect(await changes.next() == ["B.swift"])
        }
    }

    @Test func `a second dev is kept out from the beginning, before the first one has told where it is`() async throws {
        try await withFolder { folder in
            let first = try DevelopmentFolder(project: folder).take()
            let failure = #expect(throws: CommandFailure.self) { try DevelopmentFolder(project: folder).take() }
            #expect(failure?.exit == .refused)
            #expect(failure?.message.contains("another `wasmesh dev`") == true)
            first.unlock()
            try DevelopmentFolder(project: folder).take().unlock()
        }
    }

    @Test(arguments: ["guest.wasm", "build/guest.wasm", ".build/release/guest.wasm"])
    func `the module of another tool chain is a source, wherever that puts it`(_ module: String) async throws {
        try await withFolder { folder in
            let place = folder + "/" + module
            let parent = URL(fileURLWithPath: place).deletingLastPathComponent().path
            try FileManager.default.createDirectory(
                atPath: folder + "/.build/checkouts", withIntermediateDirectories: true)
            let settings = #"{"project": {"language": "wasm", "module": "./\#(module)"}}"#
            try settings.write(toFile: folder + "/wasmesh.json", atomically: true, encoding: .utf8)
            let watcher = try SourceWatcher(directory: folder, module: { GuestProject.module(in: folder) })
            defer { watcher.stop() }
            var changes = watcher.changes.makeAsyncIterator()
            // What else is in a tool's folder, or ends alike, is nobody's source.
            for other in [".build/checkouts/A.swift", "other.wasm"] {
                try "1".write(toFile: folder + "/" + other, atomically: false, encoding: .utf8)
            }
            try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
            try "1".write(toFile: place, atomically: true, encoding: .utf8)
            #expect(await changes.next() == [module])
            try FileManager.default.removeItem(atPath: place)
            #expect(await changes.next() == [module])
        }
    }
}
