/// What a pipeline did within a stretch of time.
struct Measurement {
    var messages: Int
    var seconds: Double
    var processor: ProcessorTime

    var rate: Double { Double(messages) / seconds }

    /// Microseconds of processor time per message.
    func perMessage(_ part: KeyPath<ProcessorTime, Double>) -> Double {
        processor[keyPath: part] * 1e6 / Double(messages)
    }
}
