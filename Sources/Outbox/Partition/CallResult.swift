package import MeshCore

/// The answer to a call, kept because of its idempotency key or to be polled.
package struct CallResult: Sendable, Equatable {
    /// The call's id.
    package var id: String
    package var status: ReplyStatus
    /// The answer, or a `MeshError` as JSON.
    package var data: [UInt8]

    package init(id: String, status: ReplyStatus, data: [UInt8]) {
        self.id = id
        self.status = status
        self.data = data
    }
}
