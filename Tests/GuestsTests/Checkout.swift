import Foundation

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

    /// Builds the project in `directory`.
    static func build(_ directory: String, isQuick: Bool = false) throws -> GuestBuild {
        var project = try GuestProject.load(directory)
        project.isQuick = isQuick
        return try GuestBuilder(project, try configuration()).build()
    }
}

/// A folder that is removed when the test is done.
final class TemporaryFolder: Sendable {
    let path = NSTemporaryDirectory() + "wasmesh-guests-" + UUID().uuidString

    init(_ files: [String: String] = [:]) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for (name, text) in files { try write(text, to: name) }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ text: String, to name: String) throws {
        try SourceFiles.write(Array(text.utf8), to: "\(path)/\(name)")
    }

    func read(_ name: String) throws -> String {
        String(decoding: try SourceFiles.read("\(path)/\(name)"), as: UTF8.self)
    }
}
