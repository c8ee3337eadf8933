import Kafka

/// How much of a partition's log waits in its loop's mailbox, and whether that, or what its machine holds, is enough for now.
///
/// A pure value. The consumer is faster than any handler: while a loop is busy with one batch, ten times what the machine may hold can arrive.
struct Intake: Sendable {
    private let recordsMax: Int
    private let bytesMax: Int
    private var records = 0
    private var bytes = 0
    private var isMailboxFull = false
    /// What the machine says of itself.
    var isMachineFull = false

    init(_ limits: PartitionLimits) {
        recordsMax = limits.queuedMax
        bytesMax = limits.queuedBytesMax
    }

    var isFull: Bool { isMailboxFull || isMachineFull }

    /// Records were put into the mailbox: at a bound it is full.
    mutating func posted(_ new: [KafkaRecord]) {
        records += new.count
        bytes += Intake.byteCount(new)
        if records >= recordsMax || bytes >= bytesMax { isMailboxFull = true }
    }

    /// They were taken out: at half of the bounds there is room again.
    mutating func taken(_ old: [KafkaRecord]) {
        records -= old.count
        bytes -= Intake.byteCount(old)
        if records <= recordsMax / 2, bytes <= bytesMax / 2 { isMailboxFull = false }
    }

    private static func byteCount(_ records: [KafkaRecord]) -> Int {
        var bytes = 0
        for index in records.indices {
            bytes += (records[index].key?.count ?? 0) + (records[index].value?.count ?? 0)
        }
        return bytes
    }
}
