import Foundation

/// What a build made.
struct BuiltGuest: Sendable {
    var name: String
    var path: String
    var digest: String
    var bytes: Int
}

/// Building the project of a directory.
enum ProjectBuild {
    /// True where there is something to build.
    static func isProject(_ directory: String) -> Bool { !SchemaFiles.inProject(directory).isEmpty }

    /// Generates, compiles, checks and packs; compiler errors are thrown with the author's lines.
    static func build(_ directory: String, configuration: ConfigurationFile) async throws -> BuiltGuest {
        throw CommandFailure(.failure, "this build has no guest builder yet")
    }
}
