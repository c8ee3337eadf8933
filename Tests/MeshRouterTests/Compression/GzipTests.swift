import Foundation
import Glibc
import TestSupport
import Testing

@testable import MeshRouter

@Suite struct GzipTests {
    /// What the program `gzip` makes of bytes.
    private func compress(_ bytes: [UInt8], level: Int) async throws -> [UInt8] {
        let directory = "\(TestEnvironment.directory)/\(TestEnvironment.uniqueName("gzip"))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let (from, to) = (directory + "/in", directory + "/in.gz")
        try Data(bytes).write(to: URL(fileURLWithPath: from))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/gzip")
        process.arguments = ["-\(level)", from]
        try process.run()
        process.waitUntilExit()
        return Array(try Data(contentsOf: URL(fileURLWithPath: to)))
    }

    @Test func `what gzip compresses comes back, at every level`() async throws {
        var seed = Seed()
        let words = Array(#"{"order":{"customer":"c-1","items":[{"sku":"B-1","quantity":2}]}}"#.utf8)
        for size in [0, 1, 10, 1000, 70_000] {
            for level in [1, 6, 9] {
                let repetitive = (0..<size).map { words[($0 + $0 / 1000) % words.count] }
                let random = seed.bytes(count: size)
                for bytes in [repetitive, random] {
                    let compressed = try await compress(bytes, level: level)
                    #expect(try Gzip.decompress(compressed, limit: 100_000) == bytes)
                    #expect(try Gzip.decompress(compressed + compressed, limit: 200_000) == bytes + bytes)
                }
            }
        }
    }

    @Test func `a small body that would become a large one is refused at the bound`() async throws {
        let bomb = try await compress([UInt8](repeating: 0x20, count: 10 << 20), level: 9)
        #expect(bomb.count < 20_000)
        #expect(throws: Gzip.Failure.tooLarge) { try Gzip.decompress(bomb, limit: 1 << 20) }
    }

    @Test func `damaged data is refused and never does harm`() async throws {
        var seed = Seed()
        let good = try await compress(Array(String(repeating: "hello, mesh! ", count: 50).utf8), level: 6)
        for _ in 0..<3000 {
            var bad = good
            if seed.chance(0.3) { bad.removeLast(seed.integer(in: 1...bad.count)) }
            for _ in 0..<seed.integer(in: 0...4) where !bad.isEmpty {
                bad[seed.integer(in: 0...bad.count - 1)] = UInt8.random(in: .min ... .max, using: &seed)
            }
            // Bytes 4 to 9 of the head mean nothing here: time, extra flags, system.
            let content = try? Gzip.decompress(bad, limit: 10_000)
            #expect(content == nil || content == Array(String(repeating: "hello, mesh! ", count: 50).utf8))
        }
        #expect(throws: Gzip.Failure.malformed("the end is missing")) {
            try Gzip.decompress(good.dropLast(), limit: 10_000)
        }
        #expect(throws: Gzip.Failure.self) { try Gzip.decompress(good + [0], limit: 10_000) }
        for bytes in [[], [0x1F], [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0]] as [[UInt8]] {
            #expect(throws: Gzip.Failure.self) { try Gzip.decompress(bytes, limit: 100) }
        }
    }

    @Test func `a body of nothing but codes costs no more than the bytes that it has`() throws {
        // Twelve bytes for each block: two codes of 286 and 30 symbols, one that says the block is over, no content.
        var writer = BitWriter()
        let blocks = 8000
        for number in 1...blocks { writer.emptyBlock(isLast: number == blocks) }
        let head: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0]
        // The checksum and the length of nothing.
        let body = head + writer.finish() + [UInt8](repeating: 0, count: 8)
        var before = timespec()
        var after = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before)
        #expect(try Gzip.decompress(body, limit: 1 << 20) == [])
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after)
        let milliseconds = (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1_000_000
        #expect(milliseconds < 2500, "\(milliseconds) ms of CPU time for \(body.count) bytes")
    }

    /// Writes DEFLATE's bits, least significant first.
    private struct BitWriter {
        private var bytes: [UInt8] = []
        private var bits: UInt64 = 0
        private var count: UInt64 = 0

        mutating func put(_ value: Int, _ width: Int) {
            bits |= UInt64(value) << count
            count += UInt64(width)
            while count >= 8 {
                bytes.append(UInt8(bits & 0xFF))
                bits >>= 8
                count -= 8
            }
        }

        /// A block with codes of its own (RFC 1951 §3.2.7), in which only symbol 256 occurs.
        mutating func emptyBlock(isLast: Bool) {
            put(isLast ? 1 : 0, 1)
            put(2, 2)
            put(29, 5)  // 286 literals and lengths
            put(29, 5)  // 30 distances
            put(14, 4)  // 18 lengths of lengths: 16, 17, 18, 0, 8, 7, … 14, 1
            for place in 0..<18 { put([2, 17].contains(place) ? 1 : 0, 3) }
            // The code is now: 0 for length 1, 1 for 11 to 138 zeros.
            put(1, 1)
            put(138 - 11, 7)
            put(1, 1)
            put(118 - 11, 7)
            put(0, 1)  // 256 has length 1.
            put(1, 1)
            put(59 - 11, 7)
            put(0, 1)  // 256's code
        }

        mutating func finish() -> [UInt8] {
            if count > 0 { put(0, Int(8 - count)) }
            return bytes
        }
    }
}
