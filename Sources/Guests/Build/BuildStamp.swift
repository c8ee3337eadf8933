import Foundation
import MeshCore

/// A digest of everything a build depends on; kept beside the package, so that an unchanged project isn't built again.
struct BuildStamp {
    /// Changes when the builder itself builds otherwise.
    private static let builderVersion = "4"

    private struct Record: Codable {
        var key: String
        var digest: String
        var warnings: [String]
    }

    private let key: String

    static func make(_ project: GuestProject, _ configuration: GuestBuilder.Configuration) throws(GuestError)
        -> BuildStamp
    {
        let named = project.schemas + project.sources + (project.module.map { [$0] } ?? [])
        let files = try SourceFiles.list(
            named.map { "\(project.directory)/\($0)" }, endings: [".swift", ".c", ".h", GuestProject.schemaSuffix])
        let parts = [
            project.name, project.language.rawValue, project.isQuick ? "quick" : "", try sdkKey(configuration),
            try SourceFiles.digest(files),
        ]
        return BuildStamp(key: SHA256.hex(Array(parts.joined(separator: "\n").utf8)))
    }

    /// What the SDK's objects depend on.
    static func sdkKey(_ configuration: GuestBuilder.Configuration) throws(GuestError) -> String {
        let parts = [builderVersion, try configuration.sdk.digest(), try configuration.toolchain.version()]
        return SHA256.hex(Array((parts + SDKObjects.swiftOptions + SDKObjects.cOptions).joined(separator: "\n").utf8))
    }

    /// The last build, if it was of the same files and its package is still as it was written.
    func lastBuild(of project: GuestProject) throws(GuestError) -> (digest: String, size: Int, warnings: [String])? {
        guard let data = FileManager.default.contents(atPath: BuildStamp.path(of: project)),
            let record = try? JSONDecoder().decode(Record.self, from: data), record.key == key,
            let package = FileManager.default.contents(atPath: project.packagePath),
            SHA256.hex(Array(package)) == record.digest
        else { return nil }
        return (record.digest, package.count, record.warnings)
    }

    func save(digest: String, warnings: [String], for project: GuestProject) throws(GuestError) {
        let record = Record(key: key, digest: digest, warnings: warnings)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        guard let data = try? encoder.encode(record) else { return }
        try SourceFiles.write(Array(data), to: BuildStamp.path(of: project))
    }

    private static func path(of project: GuestProject) -> String {
        "\(project.buildDirectory)/\(project.name).stamp.json"
    }
}
