package import Schemas

/// What a build made.
package struct GuestBuild: Sendable {
    package let name: String
    /// The package, absolute.
    package let path: String
    package let size: Int
    /// SHA-256 of the package, hexadecimal: its id.
    package let digest: String
    package let schema: MeshSchema
    /// What the compiler warned of, `file:line:column: warning: …`.
    package let warnings: [String]
    package let duration: Duration
    /// True where nothing had changed since the last build.
    package let isUnchanged: Bool
}

/// A part of a build, for showing progress.
package enum GuestBuildStep: String, Sendable, CaseIterable {
    case schema = "Checking the schema"
    case generating = "Generating Swift"
    case sdk = "Compiling the SDK (once per toolchain)"
    case compiling = "Compiling"
    case linking = "Linking"
    case packing = "Packing"
}
