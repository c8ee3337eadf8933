import Embedded
import Foundation
import Guests

/// `.wasmesh/dev/` of a project: what the development mesh keeps and tells other commands.
struct DevelopmentFolder: Sendable {
    let project: String

    var path: String { project + "/.wasmesh/dev" }
    var postgres: String { path + "/postgres" }
    var broker: String { path + "/broker" }
    var cache: String { project + "/.wasmesh/cache" }
    var log: String { project + "/" + LogsCommand.path }

    /// Makes the folder and takes it for this process until the lock is given back; refused while another `wasmesh dev` has it.
    func take() throws(CommandFailure) -> FileLock {
        if let running = DevelopmentAddresses.find(from: project), running.directory == project {
            throw CommandFailure(
                .refused, "`wasmesh dev` runs here already (process \(running.process.number), \(running.router))",
                hint: "use it, or stop it with Ctrl-C in its terminal")
        }
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure(.failure, "cannot make \(path): \(error.localizedDescription)")
        }
        do {
            // One that starts or stops hasn't told its addresses, and has its hands on the files all the same.
            if let lock = try FileLock(ifFree: path + "/lock") { return lock }
        } catch {
            throw Failures.describe(error)
        }
        throw CommandFailure(
            .refused, "another `wasmesh dev` starts or stops here at this moment", hint: "try again when it has done so"
        )
    }

    /// Tells other commands where the parts are.
    func publish(_ addresses: DevelopmentAddresses, token: String) throws(CommandFailure) {
        try write(token + "\n", to: project + "/" + DevelopmentAddresses.tokenPath)
        try write(addresses.json, to: project + "/" + DevelopmentAddresses.path)
    }

    /// Takes back what `publish` said.
    func withdraw() {
        try? FileManager.default.removeItem(atPath: project + "/" + DevelopmentAddresses.path)
    }

    /// Writes a file that only its owner can read, in one step.
    private func write(_ text: String, to file: String) throws(CommandFailure) {
        let new = file + ".new"
        guard
            FileManager.default.createFile(
                atPath: new, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600]), rename(new, file) == 0
        else { throw CommandFailure(.failure, "cannot write \(file): \(String(cString: strerror(errno)))") }
    }
}
