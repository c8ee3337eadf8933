package import MeshCore
import Outbox

/// Brings an operator's orders to the owners of partitions, the only ones who write workflows and schedules.
///
/// An order is a `mesh.control` message with the workflow's id as key. It takes the way of a call, durable before it is
/// answered for, and in order with the calls that this router has accepted before.
package struct WorkflowOrders: Sendable {
    /// What became of an order.
    package enum Outcome: Sendable {
        /// The owner has taken it; the answer is JSON.
        case taken([UInt8])
        /// The owner refuses it.
        case refused(MeshError)
        /// It is durable; the owner hasn't answered within the patience.
        case accepted
    }

    let routing: RoutingHolder
    let acceptor: Acceptor
    let replies: ReplyListener
    let waiting: WaitingCalls
    /// How long the owner has to answer before the order is called accepted.
    var patience: Duration = .seconds(5)

    /// The partition of a workflow's messages.
    func partition(of id: WorkflowID) throws(MeshError) -> Int32 {
        try routing.current.partition(of: id.key, topic: Topics.calls(of: id.service))
    }

    /// Sends an order, `data`, to the owner of a key, and waits for what it says.
    func send(
        _ data: String, to id: WorkflowID, by actor: String, type: String = WorkflowOrders.messageType
    ) async throws(MeshError) -> (id: String, Outcome) {
        let now = Timestamp.now
        let deadline = now.advanced(by: patience)
        var message = Message(
            id: MessageID.make(at: now), type: type, source: "/control/" + actor, time: now,
            key: id.key, data: Array(data.utf8))
        // Without a partition for answers nobody waits; the order itself goes its way.
        let replyTo = replies.partition
        message.extensions.replyTo = replyTo
        let isAwaited = replyTo != nil && waiting.register(message.id, until: deadline)
        do throws(MeshError) {
            _ = try await acceptor.accept([
                IngressMessage(
                    topic: Topics.calls(of: id.service), partition: try partition(of: id), message: message)
            ])
        } catch {
            waiting.forget(message.id)
            throw error
        }
        guard isAwaited else { return (message.id, .accepted) }
        switch await waiting.outcome(of: message.id) {
        case .answer(let data): return (message.id, .taken(data))
        case .failed(let error): return (message.id, .refused(error))
        case .timedOut, .stopping, .abandoned: return (message.id, .accepted)
        }
    }

    static let messageType = "mesh.control"
}
