package import MeshCore

/// A message that is out of attempts or permanently refused, with all that is needed to understand it and to try it again.
package struct NewDeadLetter: Sendable, Equatable {
    /// Where it belongs, where that isn't the partition whose batch has it: what the log didn't take.
    package var place: PartitionID?
    package var offset: Int64
    /// The handling service, qualified; nil where the record couldn't be read so far.
    package var service: String?
    package var method: String?
    /// The record's key; what isn't text in it is U+FFFD.
    package var key: String?
    /// Nil where the record has none.
    package var messageID: String?
    package var type: String?
    package var source: String?
    /// The record's value byte for byte, whatever it is; nil for a null value.
    package var payload: [UInt8]?
    /// The record's headers in order, byte for byte.
    package var headers: [WireHeader]
    package var attempts: Int
    package var error: MeshError
    /// The module that refused it.
    package var digest: String?

    package init(
        offset: Int64, service: String?, method: String?, key: String?, messageID: String?, type: String?,
        source: String?, payload: [UInt8]?, headers: [WireHeader], attempts: Int, error: MeshError, digest: String?
    ) {
        self.offset = offset
        self.service = service
        self.method = method
        self.key = key
        self.messageID = messageID
        self.type = type
        self.source = source
        self.payload = payload
        self.headers = headers
        self.attempts = attempts
        self.error = error
        self.digest = digest
    }

    /// A dead letter of a message that could be read.
    package init(
        of message: Message, offset: Int64, service: String, method: String, attempts: Int, error: MeshError,
        digest: String?
    ) {
        self.init(
            offset: offset, service: service, method: method, key: message.key, messageID: message.id,
            type: message.type, source: message.source, payload: message.data,
            headers: MessageCodec.headers(of: message, stamp: nil), attempts: attempts, error: error, digest: digest)
    }

    /// What the log didn't take, which is to go where it was to go when it is redriven.
    package init(refused row: OutboxRow, error: MeshError) {
        self.init(of: row.message, offset: -1, service: "", method: "", attempts: 1, error: error, digest: nil)
        place = PartitionID(group: DeadLetter.relayGroup, topic: row.topic, partition: row.partition)
    }

    /// How the details of an error begin that keep a record's key byte for byte.
    static let keyDetails = "{\"keyBase64\":\""

    /// The details of a record's error that keep its key, where that is no text: the dead letter's own is another then.
    package static func details(ofKey key: [UInt8]) -> String? {
        let isText = !key.contains(0) && String(validating: key, as: UTF8.self) != nil
        return isText ? nil : keyDetails + Base64.encode(key) + "\"}"
    }
}
