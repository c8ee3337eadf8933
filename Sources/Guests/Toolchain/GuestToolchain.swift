import Foundation

/// The stock Swift toolchain's tools for WebAssembly: compiler, C compiler, linker, Unicode tables.
package struct GuestToolchain: Sendable, Equatable {
    package let swiftc: String
    package let clang: String
    package let linker: String
    /// What `String` needs of Unicode; only what is used gets into a guest.
    let unicodeTables: String

    /// The target of guests.
    static let target = "wasm32-unknown-none-wasm"

    /// The toolchain of the `swiftc` that `path` (a search path, by default `PATH`) finds.
    package static func find(path: String? = nil) throws(GuestError) -> GuestToolchain {
        let path = path ?? ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/usr/local/bin"
        let candidates = path.split(separator: ":").map { "\($0)/swiftc" }
        guard let found = candidates.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
            throw GuestError(
                .toolchain, "no swiftc on the PATH",
                hint: "install Swift 6.3 or newer from swift.org and put its bin on the PATH")
        }
        // swiftc is a link to the driver, and the whole toolchain may be linked to: the tools lie beside the real file.
        let directories = [found, URL(fileURLWithPath: found).resolvingSymlinksInPath().path].map {
            URL(fileURLWithPath: $0).deletingLastPathComponent().path
        }
        for directory in directories {
            let toolchain = GuestToolchain(directory: directory, swiftc: found)
            if toolchain.missing.isEmpty { return toolchain }
        }
        let missing = GuestToolchain(directory: directories[1], swiftc: found).missing
        throw GuestError(
            .toolchain, "the Swift toolchain at \(directories[1]) lacks \(missing.joined(separator: ", "))",
            hint: "guests need a complete toolchain of swift.org, version 6.3 or newer")
    }

    private init(directory: String, swiftc: String) {
        self.swiftc = swiftc
        clang = directory + "/clang"
        linker = directory + "/wasm-ld"
        unicodeTables =
            directory + "/../lib/swift/embedded/\(GuestToolchain.target)/libswiftUnicodeDataTables.a"
    }

    private var missing: [String] {
        [clang, linker, unicodeTables].filter { !FileManager.default.fileExists(atPath: $0) }
    }

    /// The compiler's own words on its version: what objects depend on.
    func version() throws(GuestError) -> String { try ToolRun.run(swiftc, ["--version"], in: "/").output }
}
