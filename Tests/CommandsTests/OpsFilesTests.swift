import Foundation
import TestSupport
import Testing

@testable import Commands

/// The files that operators start from.
@Suite struct OpsFilesTests {
    private func file(_ path: String) throws -> String {
        try String(contentsOfFile: "\(TestEnvironment.checkout)/\(path)", encoding: .utf8)
    }

    @Test(arguments: ["docker-compose.yml", "ops/Dockerfile", "ops/kubernetes/wasmesh.yaml"])
    func `each variable that is set is one that is read`(path: String) throws {
        let names = try file(path).matches(of: /WASMESH_[A-Z_]+/).map { String($0.output) }
        #expect(!names.isEmpty)
        #expect(names.filter { !EnvironmentCheck.known.contains($0) } == [])
    }

    @Test func `the Kafka of the compose file keeps its data in the volume`() throws {
        let compose = try file("docker-compose.yml")
        let volume = try #require(compose.firstMatch(of: /volumes: \["kafka:([^"]+)"\]/))
        let data = try #require(compose.firstMatch(of: /KAFKA_LOG_DIRS: (\S+)/))
        #expect(data.output.1 == volume.output.1)
    }

    @Test func `in Kubernetes compiled code is kept in a folder that the worker makes itself`() throws {
        // The mounted folder is root's, and open to all: nothing in it would be used.
        let pods = try file("ops/kubernetes/wasmesh.yaml")
        let mount = try #require(pods.firstMatch(of: /name: cache, mountPath: ([^ }]+)/))
        let cache = try #require(pods.firstMatch(of: /name: WASMESH_CACHE, value: ([^ }]+)/))
        #expect(cache.output.1.hasPrefix(mount.output.1 + "/"))
    }

    @Test func `in Kubernetes each container runs as a user without rights`() throws {
        let pods = try file("ops/kubernetes/wasmesh.yaml")
        #expect(pods.matches(of: /image: wasmesh/).count == pods.matches(of: /runAsNonRoot: true/).count)
    }
}
