/// `@handles(event:, key:, batch:)`: which event a method takes.
package struct EventHandler: Sendable, Hashable {
    package var event: String
    /// The name of the object type the handler reads, in its own schema. It may have fewer fields than the emitter's.
    package var payloadType: String
    /// Where the key of the handler's state stands in the event; nil: the record's key, which is the event's key.
    /// Order is always that of the event's key.
    package var stateKeyPath: [String]?
    /// Set when the handler takes a list of events at a time.
    package var batch: BatchPolicy?

    package init(event: String, payloadType: String, stateKeyPath: [String]? = nil, batch: BatchPolicy? = nil) {
        self.event = event
        self.payloadType = payloadType
        self.stateKeyPath = stateKeyPath
        self.batch = batch
    }
}

/// When a batch of events is handed over: at the first bound that is reached.
package struct BatchPolicy: Sendable, Hashable {
    package var maximumItems: Int
    package var maximumTime: Duration
    package var maximumBytes: Int

    package static let defaults = BatchPolicy()

    package init(maximumItems: Int = 100, maximumTime: Duration = .milliseconds(100), maximumBytes: Int = 1 << 20) {
        self.maximumItems = maximumItems
        self.maximumTime = maximumTime
        self.maximumBytes = maximumBytes
    }
}
