package import MeshCore
import Wasm

/// Who waits for the end of a workflow: kept in the `details` of `started` and `joined`.
package struct WorkflowCaller: Sendable, Equatable {
    /// The `id` and `type` of the call.
    package var callID: String
    package var callType: String
    package var replyTo: Int32?
    package var keepsResult: Bool
    package var answerTo: String?
    package var traceparent: String?
    /// When it stops waiting, where it said so.
    package var deadline: Timestamp?

    package init(of call: Message) {
        callID = call.id
        callType = call.type
        replyTo = call.extensions.replyTo
        keepsResult = call.extensions.keepsResult
        answerTo = call.extensions.answerTo
        traceparent = call.extensions.traceparent
        deadline = call.extensions.deadline
    }

    /// One that doesn't wait for an answer.
    init(callID: String, callType: String, traceparent: String?) {
        self.callID = callID
        self.callType = callType
        keepsResult = false
        self.traceparent = traceparent
    }

    /// Whether anybody does.
    package var wantsAnswer: Bool { replyTo != nil || keepsResult || answerTo != nil }

    /// Whether it still does at that time: who asks again after its deadline waits by another call.
    func isWaiting(at now: Timestamp) -> Bool { wantsAnswer && deadline.map { $0 >= now } ?? true }

    /// Whether an answer is of use at that time: to who waits, to be kept, or to a workflow, whose own timer decides what is late.
    func isOwedAnswer(at now: Timestamp) -> Bool { keepsResult || answerTo != nil || isWaiting(at: now) }

    /// The answer to it.
    package func answer(_ status: ReplyStatus, _ data: [UInt8]) -> WorkflowAnswer {
        WorkflowAnswer(
            callID: callID, callType: callType,
            extensions: MessageExtensions(
                traceparent: traceparent, replyTo: replyTo, keepsResult: keepsResult, answerTo: answerTo),
            status: status, data: data)
    }

    var members: [String] {
        var members = ["\"id\":\(JSONText.string(callID))", "\"type\":\(JSONText.string(callType))"]
        if let replyTo { members.append("\"replyTo\":\(replyTo)") }
        if keepsResult { members.append("\"keepsResult\":true") }
        if let answerTo { members.append("\"answerTo\":\(JSONText.string(answerTo))") }
        if let traceparent { members.append("\"traceparent\":\(JSONText.string(traceparent))") }
        if let deadline { members.append("\"deadline\":\(deadline.microseconds)") }
        return members
    }

    package var json: [UInt8] { Array("{\(members.joined(separator: ","))}".utf8) }

    package init?(json: [UInt8]?) {
        guard let json, let members = JSONMembers(json) else { return nil }
        self.init(members)
    }

    init?(_ members: JSONMembers) {
        guard let id = members.string("id"), let type = members.string("type") else { return nil }
        callID = id
        callType = type
        replyTo = members.raw("replyTo").flatMap { Int32($0) }
        keepsResult = members.raw("keepsResult") == "true"
        answerTo = members.string("answerTo")
        traceparent = members.string("traceparent")
        deadline = members.raw("deadline").flatMap { Int64($0) }.map { Timestamp(microseconds: $0) }
    }
}
