/// What one execution may use (docs/abi.md, Limits).
package struct SandboxLimits: Sendable, Equatable {
    /// Linear memory; at most the engine's `memoryBytes`.
    package var memoryBytes = 64 << 20
    /// CPU time of the execution's thread, start function and host calls included. Waiting for a processor doesn't count,
    /// nor does a stopped process.
    package var cpuTime: Duration = .seconds(5)
    /// The answer, the state, and one message's data, each.
    package var messageBytes = 1 << 20
    /// Messages emitted or sent.
    package var messages = 1000
    /// Names, keys and data of all messages together.
    package var messagesBytes = 4 << 20
    /// The log; what is beyond is counted and dropped.
    package var logBytes = 64 << 10

    package init() {}
}
