/// What was stored last, bounded by bytes: two generations, of which the older is forgotten when the younger is full.
struct RecentEntries<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private var young: [Key: Value] = [:]
    private var old: [Key: Value] = [:]
    private var youngBytes = 0
    private let generationBytesMax: Int

    init(bytesMax: Int) { generationBytesMax = max(1, bytesMax / 2) }

    subscript(key: Key) -> Value? { young[key] ?? old[key] }

    /// Keeps an entry of roughly so many bytes; to be followed by `settle`.
    mutating func store(_ value: Value, for key: Key, byteCount: Int) {
        young[key] = value
        youngBytes += byteCount
    }

    /// Forgets the older generation if the younger is full.
    mutating func settle() {
        guard youngBytes > generationBytesMax else { return }
        old = young
        young = [:]
        youngBytes = 0
    }

    mutating func forget(_ key: Key) {
        young[key] = nil
        old[key] = nil
    }

    mutating func forgetAll() { self = RecentEntries(bytesMax: generationBytesMax * 2) }
}
