package import MeshCore
package import Outbox
import Wasm

/// What `mesh.control` asks for, as its JSON data says it.
package enum WorkflowOrder: Sendable, Equatable {
    /// `{"order":"cancel","reason":…}`; `caller`: only as far as this caller's call is concerned (a parent gives it up).
    case cancel(reason: String?, caller: AnswerAddress?)
    /// `{"order":"terminate","reason":…}`: ends it without running its code.
    case terminate(reason: String?, caller: AnswerAddress?)
    /// `{"order":"retry"}`: runs a stuck workflow again.
    case retry
    /// `{"order":"reset","sequence":12}`: a new run that has the journal up to that entry.
    case reset(sequence: Int64)
    /// `{"order":"upgrade","digest":"…"}`: moves it to another package, if that replays its journal.
    case upgrade(digest: String)
    /// `{"order":"restart","run":1,"digest":"…"}`: begins one that has ended anew.
    case restart(WorkflowRestart)

    /// The `ce_type` of orders.
    package static let messageType = "mesh.control"

    /// Reads the data of a `mesh.control`; throws what is wrong with it.
    package init(_ data: [UInt8]) throws(MeshError) {
        guard let members = JSONMembers(data), let order = members.string("order") else {
            throw MeshError(.invalidRequest, "an order is a JSON object with `order`")
        }
        let reason = members.string("reason").map { String($0.prefix(1000)) }
        let caller = members.string("caller").flatMap { AnswerAddress($0) }
        switch order {
        case "cancel": self = .cancel(reason: reason, caller: caller)
        case "terminate": self = .terminate(reason: reason, caller: caller)
        case "retry": self = .retry
        case "reset":
            guard let sequence = members.raw("sequence").flatMap({ Int64($0) }), sequence > 0 else {
                throw MeshError(.invalidRequest, "reset needs the `sequence` of a journal entry")
            }
            self = .reset(sequence: sequence)
        case "upgrade":
            guard let digest = members.string("digest") else {
                throw MeshError(.invalidRequest, "upgrade needs the `digest` of a package")
            }
            self = .upgrade(digest: digest)
        case "restart": self = .restart(try WorkflowRestart(members))
        default:
            throw MeshError(
                .invalidRequest,
                "there is no order \"\(order.prefix(50))\"; there are cancel, terminate, retry, reset, upgrade and restart"
            )
        }
    }

    package var json: [UInt8] {
        var members: [String] = []
        func add(_ order: String, _ reason: String?, _ caller: AnswerAddress?) {
            members.append("\"order\":\"\(order)\"")
            if let reason { members.append("\"reason\":\(JSONText.string(reason))") }
            if let caller { members.append("\"caller\":\(JSONText.string(caller.description))") }
        }
        switch self {
        case .cancel(let reason, let caller): add("cancel", reason, caller)
        case .terminate(let reason, let caller): add("terminate", reason, caller)
        case .retry: add("retry", nil, nil)
        case .reset(let sequence):
            add("reset", nil, nil)
            members.append("\"sequence\":\(sequence)")
        case .upgrade(let digest):
            add("upgrade", nil, nil)
            members.append("\"digest\":\(JSONText.string(digest))")
        case .restart(let restart):
            add("restart", nil, nil)
            members += restart.members
        }
        return Array("{\(members.joined(separator: ","))}".utf8)
    }

    /// The order as a message to the workflow `id`.
    package func message(to id: WorkflowID, from source: String, at now: Timestamp) -> OutgoingMessage {
        OutgoingMessage(
            Message(
                id: MessageID.make(at: now), type: WorkflowOrder.messageType, source: source, time: now, key: id.key,
                data: json),
            topic: Topics.calls(of: id.service))
    }
}
