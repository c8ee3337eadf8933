package import Kafka
package import MeshCore

/// Reads records of `mesh.replies`.
package enum Reply {
    /// The id of the call a record answers, and its outcome; nil where the record isn't an answer.
    package static func read(_ record: KafkaRecord) -> (id: String, outcome: CallOutcome)? {
        func text(_ name: String) -> String? {
            record.headers.last { $0.name == name }?.value.map { String(decoding: $0, as: UTF8.self) }
        }
        guard let id = text(MessageHeader.replyFor), let status = text(MessageHeader.status).flatMap(ReplyStatus.init),
            let data = record.value
        else { return nil }
        return (id, outcome(status, data))
    }

    /// The outcome that a stored or sent answer stands for.
    package static func outcome(_ status: ReplyStatus, _ data: [UInt8]) -> CallOutcome {
        switch status {
        case .ok: .answer(data)
        case .error: .failed(MeshErrorReader.read(data))
        }
    }
}
