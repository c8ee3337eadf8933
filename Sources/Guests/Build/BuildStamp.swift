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
        /// Of the author's files alone; none in stamps of before.
        var sources: String?
        /// Of a guest in C; none in stamps of before.
        var headers: IncludedHeaders?
    }

    private let key: String
    private let sources: String?

    static func make(_ project: GuestProject, _ configuration: GuestBuilder.Configuration) throws(GuestError)
        -> BuildStamp
    {
        // What is generated follows from the schemas of others too, and may lie elsewhere than the author's files.
        let generated = project.language == .swift ? ["\(project.directory)/\(project.generatedPath)"] : []
        let files = Set(try files(of: project, project.schemas) + generated).sorted()
        let parts = [
            project.name, project.language.rawValue, project.isQuick ? "quick" : "", try sdkKey(configuration),
            try SourceFiles.digest(files),
        ]
        return BuildStamp(
            key: SHA256.hex(Array(parts.joined(separator: "\n").utf8)), sources: try? sources(of: project))
    }

    private static func files(of project: GuestProject, _ schemas: [String]) throws(GuestError) -> [String] {
        let named = schemas + project.sources + (project.module.map { [$0] } ?? [])
        return try SourceFiles.list(
            named.map { "\(project.directory)/\($0)" }, endings: [".swift", ".c", ".h", GuestProject.schemaSuffix])
    }

    /// What the author wrote, the schemas of others that are called included: without the tool chain, so that it is known at once.
    private static func sources(of project: GuestProject) throws(GuestError) -> String {
        let files = try SourceFiles.digest(try files(of: project, project.schemas + project.imports))
        return SHA256.hex(Array("\(project.name)\n\(project.language.rawValue)\n\(files)".utf8))
    }

    /// True where the author's files aren't those that the package was built of; false where nobody knows.
    static func isOutdated(_ project: GuestProject) -> Bool {
        guard let record = record(of: project), let built = record.sources, let now = try? sources(of: project) else {
            return false
        }
        return built != now || !(record.headers?.areCurrent ?? true)
    }

    private static func record(of project: GuestProject) -> Record? {
        FileManager.default.contents(atPath: path(of: project)).flatMap {
            try? JSONDecoder().decode(Record.self, from: $0)
        }
    }

    /// What the SDK's objects depend on.
    static func sdkKey(_ configuration: GuestBuilder.Configuration) throws(GuestError) -> String {
        let parts = [builderVersion, try configuration.sdk.digest(), try configuration.toolchain.version()]
        return SHA256.hex(Array((parts + SDKObjects.swiftOptions + SDKObjects.cOptions).joined(separator: "\n").utf8))
    }

    /// The last build, if it was of the same files and its package is still as it was written.
    func lastBuild(of project: GuestProject) throws(GuestError)
        -> (digest: String, size: Int, warnings: [String], headers: IncludedHeaders?)?
    {
        guard let record = BuildStamp.record(of: project), record.key == key,
            record.headers?.areCurrent ?? (project.language != .c),
            let package = FileManager.default.contents(atPath: project.packagePath),
            SHA256.hex(Array(package)) == record.digest
        else { return nil }
        return (record.digest, package.count, record.warnings, record.headers)
    }

    func save(
        digest: String, warnings: [String], headers: IncludedHeaders?, for project: GuestProject
    ) throws(GuestError) {
        let record = Record(key: key, digest: digest, warnings: warnings, sources: sources, headers: headers)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        guard let data = try? encoder.encode(record) else { return }
        try SourceFiles.write(Array(data), to: BuildStamp.path(of: project))
    }

    private static func path(of project: GuestProject) -> String {
        "\(project.buildDirectory)/\(project.name).stamp.json"
    }
}
