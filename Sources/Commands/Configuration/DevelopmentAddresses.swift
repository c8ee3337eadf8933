package import Embedded
import Foundation
import MeshCore

/// Where the running `wasmesh dev` of this project has its parts: `.wasmesh/dev/env.json`.
///
/// It comes last, after flags, environment and `wasmesh.json`, so that nothing needs to be set while developing.
package struct DevelopmentAddresses: Sendable, Equatable {
    package static let path = ".wasmesh/dev/env.json"
    package static let tokenPath = ".wasmesh/dev/token"

    package var router: String
    package var kafka: String
    package var postgres: String
    /// The process that owns them.
    package var process: ProcessIdentity
    /// The project's directory.
    package var directory: String
    /// True once the first build is deployed (or has failed) and the router takes calls.
    package var isReady = false

    package init(router: String, kafka: String, postgres: String, process: ProcessIdentity, directory: String) {
        self.router = router
        self.kafka = kafka
        self.postgres = postgres
        self.process = process
        self.directory = directory
    }

    func value(of key: String) -> String? {
        switch key {
        case "router.url": router
        case "kafka.bootstrap": kafka
        case "postgres.url": postgres
        default: nil
        }
    }

    /// The control plane's token of this development mesh.
    package var token: String? {
        try? String(contentsOfFile: directory + "/" + Self.tokenPath, encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// What stands in `directory` or above it, if its process is alive.
    package static func find(from directory: String) -> DevelopmentAddresses? {
        for candidate in ProjectDirectory.andAbove(directory) {
            guard let text = try? String(contentsOfFile: candidate + "/" + path, encoding: .utf8),
                let node = try? JSONReader.read(text), let number = Int32(node.text("process"))
            else { continue }
            let process = ProcessIdentity(number: number, since: UInt64(node.text("since")))
            // One that was killed leaves the file behind, and its number may be another program's by now.
            guard process.isAlive else { continue }
            return DevelopmentAddresses(
                router: node.text("router"), kafka: node.text("kafka"), postgres: node.text("postgres"),
                process: process, directory: candidate)
        }
        return nil
    }

    /// The file's content.
    package var json: String {
        """
        {
          "router": \(JSONText.string(router)),
          "kafka": \(JSONText.string(kafka)),
          "postgres": \(JSONText.string(postgres)),
          "process": \(process.number),
          "since": "\(process.since.map(String.init) ?? "")",
          "ready": \(isReady)
        }

        """
    }
}
