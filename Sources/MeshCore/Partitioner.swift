/// Which partition a key belongs to: murmur2 modulo the partition count, as Kafka's Java client does it, so that every
/// producer with the default partitioner agrees with the mesh.
package enum Partitioner {
    /// The partition of `key` among `count` partitions (`count` ≥ 1).
    package static func partition(of key: some Collection<UInt8>, count: Int32) -> Int32 {
        Int32(bitPattern: murmur2(key) & 0x7FFF_FFFF) % count
    }

    /// The partition of a text key's UTF-8.
    package static func partition(of key: String, count: Int32) -> Int32 {
        partition(of: Array(key.utf8), count: count)
    }

    /// MurmurHash 2, 32 bits, with Kafka's seed (`org.apache.kafka.common.utils.Utils.murmur2`).
    package static func murmur2(_ key: some Collection<UInt8>) -> UInt32 {
        let bytes = Array(key)
        let multiplier: UInt32 = 0x5bd1_e995
        var hash: UInt32 = 0x9747_b28c ^ UInt32(truncatingIfNeeded: bytes.count)
        var at = 0
        while bytes.count - at >= 4 {
            var word =
                UInt32(bytes[at]) | UInt32(bytes[at + 1]) << 8 | UInt32(bytes[at + 2]) << 16 | UInt32(bytes[at + 3])
                << 24
            word &*= multiplier
            word ^= word >> 24
            word &*= multiplier
            hash = hash &* multiplier ^ word
            at += 4
        }
        let rest = bytes.count - at
        if rest >= 3 { hash ^= UInt32(bytes[at + 2]) << 16 }
        if rest >= 2 { hash ^= UInt32(bytes[at + 1]) << 8 }
        if rest >= 1 {
            hash ^= UInt32(bytes[at])
            hash &*= multiplier
        }
        hash ^= hash >> 13
        hash &*= multiplier
        return hash ^ hash >> 15
    }
}
