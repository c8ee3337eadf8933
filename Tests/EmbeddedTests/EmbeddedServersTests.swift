import Embedded
import TestSupport
import Testing

/// The servers that `wasmesh dev`, the demo and the tests start.
@Suite struct EmbeddedServersTests {
    @Test func `a database of one's own is there and is gone afterwards`() async throws {
        let url = try await withDatabase { url in
            let (sum, fsync) = (try await Psql.run(url, "SELECT 1 + 1"), try await Psql.run(url, "SHOW fsync"))
            #expect(sum == "2")
            #expect(fsync == "on")
            return url
        }
        await #expect(throws: EmbeddedError.self) { try await Psql.run(url, "SELECT 1") }
    }
}
