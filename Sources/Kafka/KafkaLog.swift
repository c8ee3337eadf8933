internal import MeshCore
internal import Synchronization

/// What Kafka's clients say of themselves: one line a minute of each kind, since while brokers are away every client repeats itself
/// for every connection that it tries.
enum KafkaLog {
    private struct Kind {
        var nextAt: ContinuousClock.Instant
        var suppressed = 0
    }

    private static let kinds = Mutex<[String: Kind]>([:])
    private static let log = Log("kafka")

    /// Writes a warning or an error; another of the same kind within a minute is only counted, and told with the next.
    static func write(_ level: Log.Level, kind: String, _ message: String, _ facts: KeyValuePairs<String, String> = [:])
    {
        guard let suppressed = admit(kind, at: .now) else {
            log.debug(message, facts)
            return
        }
        let text = suppressed == 0 ? message : "\(message) (\(suppressed) more like it since the last)"
        if level == .error { log.error(text, facts) } else { log.warning(text, facts) }
    }

    /// A warning where the client itself goes on.
    static func level(of error: KafkaError) -> Log.Level { remark(on: error).isEmpty ? .error : .warning }

    /// What the client does about it, to be said behind the error.
    static func remark(on error: KafkaError) -> String {
        // A consumer may be there before its topics are, and must then be no cause for alarm.
        if error.code == .unknownTopicOrPartition { return "; it is taken up as soon as it is there" }
        return error.isRetriable ? "; the client goes on trying" : ""
    }

    /// How many of the kind were kept back since the last that was admitted; nil where this one is kept back as well.
    static func admit(_ kind: String, at now: ContinuousClock.Instant) -> Int? {
        kinds.withLock { kinds in
            if let last = kinds[kind], now < last.nextAt {
                kinds[kind]?.suppressed += 1
                return nil
            }
            // Bounded, whatever becomes a kind.
            if kinds.count > 100 { kinds = [:] }
            let suppressed = kinds[kind]?.suppressed ?? 0
            kinds[kind] = Kind(nextAt: now + .seconds(60))
            return suppressed
        }
    }
}
