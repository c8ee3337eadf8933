package import MeshCore

/// An event as it came over HTTP, before it is known whether the mesh has such an event.
package struct CloudEvent: Sendable, Equatable {
    package var id: String
    package var source: String
    package var type: String
    /// The router's clock where the sender gave none.
    package var time: Timestamp
    package var traceparent: String?
    /// The key, where the event's declaration names no key field.
    package var subject: String?
    /// JSON text.
    package var data: [UInt8]

    package init(
        id: String, source: String, type: String, time: Timestamp, traceparent: String? = nil, subject: String? = nil,
        data: [UInt8]
    ) {
        self.id = id
        self.source = source
        self.type = type
        self.time = time
        self.traceparent = traceparent
        self.subject = subject
        self.data = data
    }

    /// The most bytes of `id` and of `source`.
    package static let maximumAttributeBytes = 512
}
