import Foundation
import Testing
import Wasm

@testable import Guests

@Suite struct ReadingProjects {
    @Test(arguments: [
        (#"{"project": {"nmae": "x"}}"#, "wasmesh.json:1:14: error: unknown key 'project.nmae'"),
        (
            "{\n  \"project\": {\n    \"language\": \"rust\"\n  }\n}",
            "wasmesh.json:3:5: error: 'project.language': expected \"swift\", \"c\", \"wasm\""
        ),
        (#"{"project": 1}"#, "wasmesh.json:1:2: error: 'project' is a section"),
        (#"{"project": {"sources": "Sources"}}"#, "wasmesh.json:1:14: error: 'project.sources': expected an array"),
        ("[]", "wasmesh.json:1:1: error: expected an object"),
        ("{", "wasmesh.json:1:2: error: expected a name in double quotes before the end of the file"),
        (
            "{\"config\": {\"project\": {\"language\": 1}},\n \"project\": {\"language\": \"rust\"}}",
            "wasmesh.json:2:14: error: 'project.language': expected"
        ),
        (#"{"project": {"schemas": ["a", 1]}}"#, "wasmesh.json:1:14: error: 'project.schemas': expected an array"),
        (#"{"project": {"name": "Shop!"}}"#, "'Shop!' can't be the project's name"),
        (#"{"project": {"name": "x", "sources": ["Nowhere"]}}"#, "Nowhere doesn't exist"),
        (#"{"project": {"name": "x", "language": "wasm"}}"#, "names its module"),
    ]) func `what is wrong in wasmesh.json is said with its place`(json: String, expected: String) throws {
        let folder = try TemporaryFolder(["a.mesh.graphql": pingSchema, "wasmesh.json": json, "Sources/S.swift": ""])
        let error = try #require(throws: GuestError.self) { try GuestProject.load(folder.path) }
        #expect(error.description.contains(expected), "\(error)")
    }

    @Test func `a folder without a schema is no project`() throws {
        let folder = try TemporaryFolder()
        #expect(!GuestProject.exists(in: folder.path))
        let error = try #require(throws: GuestError.self) { try GuestProject.load(folder.path) }
        #expect(error.hint?.contains("wasmesh init") == true || error.message.contains("name"), "\(error)")
    }
}

@Suite struct NewProjects {
    @Test func `a new project builds, and its test passes`() throws {
        let folder = try TemporaryFolder()
        let directory = folder.path + "/front-desk"
        let files = try GuestScaffold.make("front-desk", in: directory, sdk: Checkout.sdk)
        #expect(files.allSatisfy { FileManager.default.fileExists(atPath: "\(directory)/\($0)") })
        let build = try Checkout.build(directory)
        #expect(build.warnings == [])
        let guest = try GuestInSandbox(try SourceFiles.read(build.path))
        let effects = try guest.effects("Visits/welcome", #"{"guest":"ada"}"#)
        #expect(effects.replyText?.hasPrefix(#"{"guest":"ada","count":1"#) == true)
        #expect(effects.messages.map(\.name) == ["frontdesk.guest.welcomed"])

        let swift = try GuestToolchain.find().swiftc.replacing("/swiftc", with: "/swift")
        let test = try ToolRun.run(swift, ["test"], in: directory)
        #expect(test.succeeded && test.output.contains("Test run with 2 tests"), "\(test.output.suffix(2000))")
    }

    @Test func `a folder with something in it is left alone`() throws {
        let folder = try TemporaryFolder(["note.txt": "mine"])
        let error = try #require(throws: GuestError.self) {
            try GuestScaffold.make("shop", in: folder.path, sdk: Checkout.sdk)
        }
        #expect(error.message.contains("isn't empty"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["note.txt"])
    }

    @Test(arguments: ["", "Shop", "1shop", "shop_two", "läden", "mesh", "swift", "testing", "foundation", "sdk"])
    func `a name that can't be one is refused, and leaves nothing behind`(name: String) throws {
        let folder = try TemporaryFolder()
        #expect(throws: GuestError.self) { try GuestScaffold.make(name, in: folder.path + "/x", sdk: Checkout.sdk) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    }
}

@Suite struct FindingTheSDK {
    @Test func `the SDK is the one that is named, beside the program, or in the checkout above it`() throws {
        let folder = try TemporaryFolder([
            "named/Swift/Sources/Mesh/a.swift": "", "opt/share/wasmesh/sdk/Swift/Sources/Mesh/a.swift": "",
            "checkout/SDK/Swift/Sources/Mesh/a.swift": "",
        ])
        let path = folder.path
        #expect(
            try GuestSDK.find(environment: ["WASMESH_SDK": path + "/named"], executable: "/nowhere/bin/wasmesh")
                .directory
                == path + "/named")
        #expect(
            try GuestSDK.find(environment: [:], executable: path + "/opt/bin/wasmesh").directory
                == path + "/opt/share/wasmesh/sdk")
        #expect(
            try GuestSDK.find(environment: [:], executable: path + "/checkout/.build/debug/wasmesh").directory
                == path + "/checkout/SDK")
        #expect(throws: GuestError.self) { try GuestSDK.find(environment: [:], executable: "/nowhere/bin/wasmesh") }
        #expect(throws: GuestError.self) {
            try GuestSDK.find(environment: ["WASMESH_SDK": "/nowhere"], executable: path + "/opt/bin/wasmesh")
        }
    }

    @Test func `a toolchain that isn't there is named`() throws {
        let error = try #require(throws: GuestError.self) { try GuestToolchain.find(path: "/nowhere") }
        #expect(error.message.contains("no swiftc"))
    }
}
