import Guests

/// Building the project of a directory.
enum ProjectBuild {
    /// True where there is something to build.
    static func isProject(_ directory: String, settings: String? = nil) -> Bool {
        GuestProject.exists(in: directory, settings: settings)
    }

    /// Generates, compiles, checks and packs; compiler errors are thrown with the author's lines.
    static func build(
        _ directory: String, settings: String?, isQuick: Bool = false,
        progress: @escaping @Sendable (GuestBuildStep) -> Void = { _ in }
    ) async throws -> GuestBuild {
        try await GuestBuilder.build(directory, settings: settings, isQuick: isQuick, progress: progress)
    }
}
