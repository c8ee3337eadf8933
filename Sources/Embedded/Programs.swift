internal import Foundation

/// Where the programs are that the local mesh consists of.
package enum Programs {
    /// A program on the PATH, or in the system's usual places.
    package static func find(_ name: String) -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let folders =
            path.split(separator: ":").map(String.init) + ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"]
        return folders.lazy.map { "\($0)/\(name)" }.first(where: isExecutable)
    }

    /// The embedded broker: the given path, else `$WASMESH_NATIVE/bin`, beside or under this executable's prefix, or `.native/bin` of a
    /// checkout that holds the executable or the current directory.
    package static func broker(at path: String? = nil) throws(EmbeddedError) -> String {
        if let path {
            if isExecutable(path) { return path }
            throw EmbeddedError("the embedded broker is not at \(path); run Scripts/bootstrap, or name another path")
        }
        if let native = ProcessInfo.processInfo.environment["WASMESH_NATIVE"] {
            let path = URL(fileURLWithPath: native).appendingPathComponent("bin/tansu").path
            if isExecutable(path) { return path }
            throw EmbeddedError("WASMESH_NATIVE is '\(native)', but there is no program \(path); run Scripts/bootstrap")
        }
        let folder = executableFolder
        let installed = ["\(folder)/tansu", "\(folder)/../libexec/tansu", "\(folder)/../libexec/wasmesh/tansu"]
        let checkouts = [folder, FileManager.default.currentDirectoryPath].flatMap(parents).map {
            "\($0)/.native/bin/tansu"
        }
        if let path = (installed + checkouts).first(where: isExecutable) { return path }
        throw EmbeddedError(
            "the embedded broker 'tansu' was not found beside \(folder) or in .native/bin of this checkout; "
                + "run Scripts/bootstrap, or set WASMESH_NATIVE to the folder that has bin/tansu")
    }

    /// The folder with the librdkafka that this program brings along, absolute: that of the broker's prefix; nil where there is none.
    package static func nativeLibraries(broker: String? = nil) -> String? {
        guard let broker = try? Programs.broker(at: broker) else { return nil }
        let folder = URL(fileURLWithPath: broker).standardizedFileURL.deletingLastPathComponent()
        // `.native/bin/tansu` has `.native/lib`, `libexec/wasmesh/tansu` has `lib/wasmesh`.
        let candidates = ["../lib", "../lib/wasmesh", "../../lib/wasmesh"].map {
            folder.appendingPathComponent($0).standardizedFileURL.path
        }
        return candidates.first { FileManager.default.fileExists(atPath: $0 + "/librdkafka.so.1") }
    }

    /// Where a distribution keeps several versions of Postgres side by side.
    package static let postgresVersions = "/usr/lib/postgresql"

    /// The folder of Postgres's server programs: those of `version` (`15`) where they are under `root`, else the newest found.
    package static func postgres(
        version: String? = nil, root: String = postgresVersions
    ) throws(EmbeddedError) -> String {
        let found = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).compactMap(Int.init)
        let versions = version.flatMap(Int.init).map { [$0] } ?? []
        let folders =
            (versions + found.sorted(by: >)).map { "\(root)/\($0)/bin" } + ["/usr/local/pgsql/bin", "/usr/pgsql/bin"]
        if let folder = folders.first(where: { isExecutable("\($0)/initdb") && isExecutable("\($0)/postgres") }) {
            return folder
        }
        // Other distributions have them on the PATH.
        if let initdb = find("initdb"), find("postgres") != nil {
            return URL(fileURLWithPath: initdb).deletingLastPathComponent().path
        }
        throw EmbeddedError(
            "Postgres's programs 'initdb' and 'postgres' were not found under \(root) or on the PATH; "
                + "run Scripts/bootstrap, or install the package postgresql (15 or newer)")
    }

    private static func isExecutable(_ path: String) -> Bool { FileManager.default.isExecutableFile(atPath: path) }

    private static var executableFolder: String {
        let path =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return URL(fileURLWithPath: path).deletingLastPathComponent().path
    }

    private static func parents(of folder: String) -> [String] {
        var url = URL(fileURLWithPath: folder).standardizedFileURL
        var folders: [String] = []
        while url.path != "/", folders.count < 32 {
            folders.append(url.path)
            url.deleteLastPathComponent()
        }
        return folders
    }
}
