import Glibc

/// The system's random numbers, fetched many at a time for each thread: a fetch is a system call, and a common buffer would need a lock
/// at every message.
struct BufferedRandomNumbers: RandomNumberGenerator {
    /// The words that are left are the first `count` of those behind.
    private struct Buffer {
        static let capacity = 64
        var count = 0
        var words: UnsafeMutablePointer<UInt64>
    }

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key) { raw in
            let buffer = raw?.assumingMemoryBound(to: Buffer.self)
            buffer?.pointee.words.deallocate()
            buffer?.deallocate()
        }
        return key
    }()

    func next() -> UInt64 {
        let buffer = BufferedRandomNumbers.threadBuffer()
        if buffer.pointee.count == 0 {
            arc4random_buf(buffer.pointee.words, Buffer.capacity * MemoryLayout<UInt64>.size)
            buffer.pointee.count = Buffer.capacity
        }
        buffer.pointee.count -= 1
        // What was given out isn't kept.
        defer { buffer.pointee.words[buffer.pointee.count] = 0 }
        return buffer.pointee.words[buffer.pointee.count]
    }

    private static func threadBuffer() -> UnsafeMutablePointer<Buffer> {
        if let raw = pthread_getspecific(key) { return raw.assumingMemoryBound(to: Buffer.self) }
        let buffer = UnsafeMutablePointer<Buffer>.allocate(capacity: 1)
        buffer.initialize(to: Buffer(words: .allocate(capacity: Buffer.capacity)))
        pthread_setspecific(key, buffer)
        return buffer
    }
}
