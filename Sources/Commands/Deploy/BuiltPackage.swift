import Foundation
import Guests

/// The `.wasm` file that `wasmesh build` left in a project.
enum BuiltPackage {
    /// Where builds go, relative to the project.
    static let directory = ".wasmesh/build"

    /// The one package of the project at `directory`.
    static func only(in directory: String) throws(CommandFailure) -> String {
        let folder = directory + "/" + Self.directory
        let files = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter {
            $0.hasSuffix(".wasm")
        }
        guard let file = files.first, files.count == 1 else {
            let what = files.isEmpty ? "no .wasm file in \(Self.directory)" : "several .wasm files in \(Self.directory)"
            throw .usage(what, hint: files.isEmpty ? "run `wasmesh build` first, or name a file" : "name one of them")
        }
        return folder + "/" + file
    }

    /// What to say about a package whose sources were changed after it was built; nil for one that is as they are.
    static func warning(about path: String, in directory: String, settings: String? = nil) -> String? {
        guard let project = try? GuestProject.load(directory, settings: settings),
            GuestBuilder.isPackageOutdated(project),
            URL(fileURLWithPath: path).standardizedFileURL.path == project.packagePath
        else { return nil }
        return
            "warning: the sources of \(project.name) were changed after its package was built: this deploys the old one; "
            + "run `wasmesh build` first to deploy them"
    }
}
