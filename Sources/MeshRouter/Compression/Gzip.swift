internal import CZlib

/// Reads gzip (RFC 1952), which Connect clients may compress requests with; the output has a bound.
enum Gzip {
    enum Failure: Error, Equatable {
        /// The bytes aren't gzip, or are damaged.
        case malformed(String)
        /// What comes out is larger than allowed.
        case tooLarge
    }

    /// How much is taken from zlib at a time.
    private static let chunk = 16 << 10

    /// The content of one or more gzip members, `limit` bytes at most.
    static func decompress(_ bytes: [UInt8], limit: Int) throws(Failure) -> [UInt8] {
        var stream = z_stream()
        guard wasmesh_gzip_begin(&stream) == Z_OK else { throw .malformed("there is no memory to read it") }
        defer { inflateEnd(&stream) }
        var output: [UInt8] = []
        var at = 0
        while true {
            let (status, isFull) = step(&stream, bytes, &at, into: &output)
            guard output.count <= limit else { throw .tooLarge }
            switch status {
            case Z_STREAM_END where at == bytes.count: return output
            case Z_STREAM_END: inflateReset(&stream)
            // Without more to read, what is missing doesn't come any more.
            case Z_OK where at < bytes.count || isFull: continue
            case Z_OK, Z_BUF_ERROR: throw .malformed("the end is missing")
            default: throw .malformed(stream.msg.map { String(cString: $0) } ?? "it is damaged")
            }
        }
    }

    /// Lets zlib go on, from `at`; tells what it says, and whether it has filled its chunk of the output.
    private static func step(_ stream: inout z_stream, _ bytes: [UInt8], _ at: inout Int, into output: inout [UInt8])
        -> (status: Int32, isFull: Bool)
    {
        bytes.withUnsafeBufferPointer { input in
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: chunk) { space in
                let left = min(input.count - at, Int(UInt32.max))
                // zlib reads through it only, in spite of its type.
                stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress.map { $0 + at })
                stream.avail_in = UInt32(left)
                stream.next_out = space.baseAddress
                stream.avail_out = UInt32(chunk)
                let status = inflate(&stream, Z_NO_FLUSH)
                at += left - Int(stream.avail_in)
                output.append(contentsOf: space[..<(chunk - Int(stream.avail_out))])
                return (status, stream.avail_out == 0)
            }
        }
    }
}
