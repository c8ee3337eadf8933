import Foundation
import Schemas
import Testing
import Wasm

@testable import Guests

/// The checkout, its SDK, and a cache of compiled SDK objects that test runs share.
enum Checkout {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    static let sdk = GuestSDK(directory: root + "/SDK")

    static func configuration() throws -> GuestBuilder.Configuration {
        GuestBuilder.Configuration(
            sdk: sdk, toolchain: try GuestToolchain.find(), cache: root + "/.build/guest-cache")
    }
}

/// A folder that is removed when the test is done.
final class TemporaryFolder {
    let path = NSTemporaryDirectory() + "wasmesh-guests-" + UUID().uuidString

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ text: String, to name: String) throws {
        try SourceFiles.write(Array(text.utf8), to: "\(path)/\(name)")
    }
}

@Suite struct BuildingTheExamples {
    @Test(arguments: ["shop", "counter"]) func `an example builds into a package of reasonable size`(name: String)
        throws
    {
        let project = try GuestProject.load("\(Checkout.root)/Examples/\(name)")
        let built = try GuestBuilder(project, try Checkout.configuration()).build()
        let package = try WasmPackage.inspect(try SourceFiles.read(built.path))
        #expect(package.digest == built.digest)
        #expect(package.imports.allSatisfy { $0.hasPrefix("mesh.") })
        #expect(built.size < 400_000, "\(built.size) bytes")
        #expect(built.warnings == [])
    }
}
