package import MeshCore

/// How waiting for the answer to a call ended.
package enum CallOutcome: Sendable, Equatable {
    /// The method returned; JSON.
    case answer([UInt8])
    /// The call failed.
    case failed(MeshError)
    /// The deadline passed.
    case timedOut
    /// The caller went away.
    case abandoned
    /// The router stops.
    case stopping
}
