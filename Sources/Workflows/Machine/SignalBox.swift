/// The signals of one name, and the `receive`s that want them: both in order.
struct SignalBox {
    /// Places in the journal of signals that came early.
    private var early: [Int] = []
    private var earlyHead = 0
    /// Operations that wait, those given up meanwhile too.
    private var receivers: [Int32] = []
    private var receiversHead = 0

    var earlyCount: Int { early.count - earlyHead }
    var earlySignals: ArraySlice<Int> { early[earlyHead...] }

    mutating func keep(_ signal: Int) { early.append(signal) }

    /// Keeps one that came before others which are kept.
    mutating func keepInOrder(_ signal: Int) {
        let place = early[earlyHead...].firstIndex { $0 > signal } ?? early.endIndex
        early.insert(signal, at: place)
    }

    mutating func takeEarly() -> Int? {
        guard earlyHead < early.count else { return nil }
        defer { earlyHead += 1 }
        return early[earlyHead]
    }

    /// The receives that no signal has come for, those given up meanwhile too.
    var waiting: ArraySlice<Int32> { receivers[receiversHead...] }

    mutating func add(receiver: Int32) { receivers.append(receiver) }

    /// The next one that waits; it may have been given up meanwhile.
    mutating func takeReceiver() -> Int32? {
        guard receiversHead < receivers.count else { return nil }
        defer { receiversHead += 1 }
        return receivers[receiversHead]
    }
}
