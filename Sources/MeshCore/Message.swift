/// One message of the mesh, a call or an event, as it stands in the outbox and on the wire (CloudEvents 1.0, Kafka binding, binary mode).
package struct Message: Sendable, Equatable {
    /// `ce_id`; a UUIDv7 for what the mesh makes.
    package var id: String
    /// `ce_type`: `shop.Orders/place` for a call, `order.placed` for an event, `mesh.reply` for an answer.
    package var type: String
    /// `ce_source`: who made it, as a URI reference (`/shop.Orders`, `/http`, `/sql`).
    package var source: String
    /// `ce_time`.
    package var time: Timestamp
    /// The Kafka record key and `ce_subject`; nil for a record without a key.
    package var key: String?
    /// The payload, JSON.
    package var data: [UInt8]
    /// The further headers, in `MessageHeader`'s words.
    package var extensions: MessageExtensions

    package init(
        id: String, type: String, source: String, time: Timestamp, key: String?, data: [UInt8],
        extensions: MessageExtensions = MessageExtensions()
    ) {
        self.id = id
        self.type = type
        self.source = source
        self.time = time
        self.key = key
        self.data = data
        self.extensions = extensions
    }
}
