package import MeshCore
import Foundation

/// Secrets as files of a folder, as orchestrators mount them: the file's name is the secret's. Read anew for each use, so that one may be replaced.
package struct SecretFolder: Sendable {
    private static let longest = 8192
    private let path: String?

    /// - Parameter path: nil where there are none.
    package init(_ path: String?) { self.path = path }

    /// What a secret holds, without line breaks at its end.
    package func secret(_ name: String) throws(MeshError) -> String {
        guard let path else {
            throw MeshError(
                .failedPrecondition,
                "the secret '\(name)' isn't there: the egress process has no folder of secrets (--secrets, WASMESH_SECRETS)"
            )
        }
        guard SecretName.isValid(name), let bytes = FileManager.default.contents(atPath: path + "/" + name) else {
            throw MeshError(
                .failedPrecondition,
                "the secret '\(name)' isn't there: the egress process's folder of secrets has no file of that name")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw MeshError(.failedPrecondition, "the secret '\(name)' isn't UTF-8 text")
        }
        let value = text.reversed().drop { $0.isNewline }.reversed()
        guard value.count <= SecretFolder.longest else {
            throw MeshError(
                .failedPrecondition, "the secret '\(name)' is longer than \(SecretFolder.longest) characters")
        }
        return String(value)
    }
}
