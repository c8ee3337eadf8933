/// The names of the Kafka headers of a message (DESIGN §5).
package enum MessageHeader {
    package static let specificationVersion = "ce_specversion"
    package static let id = "ce_id"
    package static let type = "ce_type"
    package static let source = "ce_source"
    package static let time = "ce_time"
    package static let subject = "ce_subject"
    package static let contentType = "content-type"
    package static let traceparent = "traceparent"
    package static let replyTo = "mesh_reply_to"
    package static let keepsResult = "mesh_keep_result"
    package static let deadline = "mesh_deadline"
    /// On a call that was sent later: when it was due.
    package static let due = "mesh_due"
    package static let caller = "mesh_caller"
    /// On a call that came with a token: who made it, `{"name":"ada","roles":["clerk"]}`.
    package static let principal = "mesh_principal"
    package static let onlyFor = "mesh_only_for"
    package static let replyFor = "mesh_reply_for"
    /// `ok` or `error` on an answer: whether the data is the answer or a `MeshError`.
    package static let status = "mesh_status"
    /// On a workflow's call: `<service>/<run>.<op>.<attempt>/<workflow id>`, where the answer goes.
    package static let answerTo = "mesh_answer_to"
    /// On an answer to a workflow's call: `<run>.<op>.<attempt>`.
    package static let operation = "mesh_operation"
    /// `<lane>.<epoch>`, both decimal.
    package static let lane = "mesh_lane"
    /// The sequence number within the lane, decimal.
    package static let sequence = "mesh_seq"

    /// All of them.
    static let all: Set<String> = [
        specificationVersion, id, type, source, time, subject, contentType, traceparent, replyTo, keepsResult, deadline,
        due, caller, principal, onlyFor, replyFor, status, answerTo, operation, lane, sequence,
    ]
}
