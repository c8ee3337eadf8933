import MeshCore

/// A guest's random bytes: the ChaCha20 key stream (RFC 8439), so that one value tells nothing about the next, and the same
/// bytes for every attempt at one message by one service.
struct GuestRandom {
    private var block: [UInt32]
    /// The current block's 64 bytes, of which those before `position` are used up.
    private var stream = [UInt8](repeating: 0, count: 64)
    private var position = 64

    /// The stream of one message: `secret` is the mesh's.
    init(secret: [UInt8], service: String, messageID: String) {
        var hash = SHA256()
        hash.update(SHA256.digest(secret))
        hash.update(SHA256.digest(Array(service.utf8)))
        hash.update(Array(messageID.utf8))
        self.init(key: hash.finish(), nonce: [0, 0, 0])
    }

    /// The raw stream, from block 0. `key` has 32 bytes.
    init(key: [UInt8], nonce: [UInt32]) {
        // "expand 32-byte k"
        var block: [UInt32] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574]
        for at in stride(from: 0, to: 32, by: 4) {
            block.append(
                UInt32(littleEndian: key.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: at, as: UInt32.self) }))
        }
        block.append(0)
        block.append(contentsOf: nonce)
        self.block = block
    }

    /// Fills `target` with the next bytes.
    mutating func fill(_ target: UnsafeMutableRawBufferPointer) {
        var at = 0
        while at < target.count {
            if position == stream.count { refill() }
            let count = min(stream.count - position, target.count - at)
            stream.withUnsafeBytes { bytes in
                UnsafeMutableRawBufferPointer(rebasing: target[at..<(at + count)])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[position..<(position + count)]))
            }
            position += count
            at += count
        }
    }

    private mutating func refill() {
        var work = block
        work.withUnsafeMutableBufferPointer { words in
            for _ in 0..<10 {
                GuestRandom.quarter(words, 0, 4, 8, 12)
                GuestRandom.quarter(words, 1, 5, 9, 13)
                GuestRandom.quarter(words, 2, 6, 10, 14)
                GuestRandom.quarter(words, 3, 7, 11, 15)
                GuestRandom.quarter(words, 0, 5, 10, 15)
                GuestRandom.quarter(words, 1, 6, 11, 12)
                GuestRandom.quarter(words, 2, 7, 8, 13)
                GuestRandom.quarter(words, 3, 4, 9, 14)
            }
        }
        stream.withUnsafeMutableBytes { bytes in
            for index in 0..<16 {
                let word = (work[index] &+ block[index]).littleEndian
                bytes.storeBytes(of: word, toByteOffset: index * 4, as: UInt32.self)
            }
        }
        position = 0
        block[12] &+= 1
        // The counter's carry; a guest's CPU time ends long before it matters.
        if block[12] == 0 { block[13] &+= 1 }
    }

    private static func quarter(_ words: UnsafeMutableBufferPointer<UInt32>, _ a: Int, _ b: Int, _ c: Int, _ d: Int) {
        words[a] &+= words[b]
        words[d] = rotate(words[d] ^ words[a], 16)
        words[c] &+= words[d]
        words[b] = rotate(words[b] ^ words[c], 12)
        words[a] &+= words[b]
        words[d] = rotate(words[d] ^ words[a], 8)
        words[c] &+= words[d]
        words[b] = rotate(words[b] ^ words[c], 7)
    }

    private static func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 { word << count | word >> (32 - count) }
}
