/// The bounded log of one execution.
struct ExecutionLog {
    var limit = 0
    private(set) var lines: [GuestLogLine] = []
    private(set) var droppedBytes = 0
    private var usedBytes = 0
    /// Output of WASI's descriptors 1 and 2 that has no line end yet.
    private var pending: [[UInt8]] = [[], []]

    /// A longer line is cut.
    static let lineLimit = 8 << 10

    mutating func append(_ level: GuestLogLine.Level, _ bytes: some Collection<UInt8>) {
        let cut = bytes.prefix(ExecutionLog.lineLimit)
        droppedBytes += bytes.count - cut.count
        // The line itself takes room as well, or empty lines would be free.
        guard usedBytes + cut.count + 1 <= limit else {
            droppedBytes += cut.count
            return
        }
        usedBytes += cut.count + 1
        lines.append(GuestLogLine(level: level, text: String(decoding: cut, as: UTF8.self)))
    }

    /// Takes output of WASI's descriptor 1 or 2, which comes in pieces.
    mutating func write(descriptor: Int, _ bytes: UnsafeRawBufferPointer) {
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            hold(descriptor, rest[..<end])
            flush(descriptor)
            rest = rest[(end + 1)...]
        }
        hold(descriptor, rest)
    }

    /// Ends lines without a line end.
    mutating func finish() {
        for descriptor in 1...2 where !pending[descriptor - 1].isEmpty { flush(descriptor) }
    }

    private mutating func hold(_ descriptor: Int, _ bytes: Slice<UnsafeRawBufferPointer>) {
        let room = ExecutionLog.lineLimit - pending[descriptor - 1].count
        pending[descriptor - 1].append(contentsOf: bytes.prefix(room))
        droppedBytes += max(0, bytes.count - room)
    }

    private mutating func flush(_ descriptor: Int) {
        append(descriptor == 1 ? .info : .warning, pending[descriptor - 1])
        pending[descriptor - 1].removeAll(keepingCapacity: true)
    }
}
