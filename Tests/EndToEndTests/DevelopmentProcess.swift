import Embedded
import Foundation
import TestSupport

/// `wasmesh dev` in a directory, as a process of its own; it dies with the test process.
final class DevelopmentProcess: Sendable {
    let directory: String
    let router: String
    let kafka: String
    let postgres: String
    let child: ChildProcess
    let log: String

    /// Starts it and waits until other commands can find it.
    init(in directory: String, _ options: [String] = []) async throws {
        self.directory = directory
        let log = directory + "/dev-\(UInt32.random(in: 0 ... .max)).log"
        self.log = log
        let child = try ChildProcess(
            .init(
                executable: Wasmesh.binary, arguments: ["dev", "--headless", "--port", "0"] + options,
                environment: ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("WASMESH_") },
                directory: directory, log: log, signalAtParentsDeath: "TERM"))
        self.child = child
        let path = directory + "/.wasmesh/dev/env.json"
        let addresses = try await eventually("wasmesh dev to be ready", within: .seconds(120)) { () -> [String: Any]? in
            if let ending = child.ending {
                throw ProcessFailure(
                    description:
                        "wasmesh dev ended (\(ending)): \((try? String(contentsOfFile: log, encoding: .utf8)) ?? "")")
            }
            guard let data = FileManager.default.contents(atPath: path) else { return nil }
            let addresses = try JSONSerialization.jsonObject(with: data) as? [String: Any]
            // One that was killed may have left its own behind.
            guard addresses?["process"] as? Int == Int(child.pid), addresses?["ready"] as? Bool == true else {
                return nil
            }
            return addresses
        }
        router = addresses["router"] as? String ?? ""
        kafka = addresses["kafka"] as? String ?? ""
        postgres = addresses["postgres"] as? String ?? ""
    }

    /// Runs a command in the project's directory; it finds the mesh by itself.
    func wasmesh(_ words: String..., input: String = "") async throws -> Wasmesh.Outcome {
        try await Wasmesh.run(words, in: directory, input: input)
    }

    func sql(_ text: String) async throws -> String { try await Psql.run(postgres, text) }

    /// What the process has written so far.
    var text: String { (try? String(contentsOfFile: log, encoding: .utf8)) ?? "" }
}

/// A directory for one test, removed with the test process's other files.
func scratchDirectory(_ name: String) throws -> String {
    let path = "\(TestEnvironment.directory)/\(TestEnvironment.uniqueName(name))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    return path
}
