import MeshCore
import Testing

@testable import Wasm

@Suite struct `Digests and random streams` {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func `SHA-256 has the standard's test values`(text: String, digest: String) {
        #expect(SHA256.hex(Array(text.utf8)) == digest)
    }

    @Test func `SHA-256 of a million letters`() {
        let digest = SHA256.hex([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000))
        #expect(digest == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test func `SHA-256 doesn't depend on how the bytes are cut up`() {
        var generator = SeededGenerator()
        for _ in 0..<200 {
            let bytes = (0..<Int.random(in: 0...300, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            var hash = SHA256()
            var at = 0
            while at < bytes.count {
                let count = Int.random(in: 0...min(130, bytes.count - at), using: &generator)
                hash.update(Array(bytes[at..<(at + count)]))
                at += count
            }
            #expect(hash.finish() == SHA256.digest(bytes), "seed \(generator.seed)")
        }
    }

    @Test func `the random stream is ChaCha20's (RFC 8439, A.1, vectors 1 and 2)`() {
        var random = GuestRandom(key: [UInt8](repeating: 0, count: 32), nonce: [0, 0, 0])
        var bytes = [UInt8](repeating: 0, count: 80)
        bytes.withUnsafeMutableBytes { random.fill($0) }
        #expect(
            SHA256.hexadecimal(bytes)
                == "76b8e0ada0f13d90405d6ae55386bd28bdd219b8a08ded1aa836efcc8b770dc7"
                + "da41597c5157488d7724e03fb8d84a376a43b8f41518a11cc387b669b2ee6586"
                + "9f07e7be5551387a98ba977c732d080d")
    }
}

/// Random cases that can be run again: the seed is part of each failure.
struct SeededGenerator: RandomNumberGenerator {
    let seed: UInt64
    private var state: UInt64

    init(seed: UInt64 = .random(in: 0 ... .max)) {
        self.seed = seed
        self.state = seed
    }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
