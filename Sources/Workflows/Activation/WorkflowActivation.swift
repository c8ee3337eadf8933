package import MeshCore
package import Outbox
package import Wasm

/// What messages and timers given to a workflow come to: nothing of it has taken place yet.
///
/// The owner writes `effects` in one transaction and answers each input by its outcome.
package struct WorkflowActivation: Sendable {
    /// What happened to one input.
    package enum Outcome: Sendable {
        /// It is in the effects. `reply` answers its caller now, where it wants an answer; nil: it is answered later (`answers`), or by nobody.
        case taken(reply: [UInt8]?)
        /// The caller is answered with this error; it has no effect and makes no dead letter.
        case refused(MeshError)
        /// A stale answer, timer or order: the message is done.
        case ignored
        /// It can't be taken now, as the package isn't there yet: to be parked and tried again.
        case failed(MeshError)
    }

    /// In the order of the inputs. Shorter where one `failed`: those behind it haven't been looked at and wait behind it.
    package var outcomes: [Outcome]
    /// Nil where there is nothing to write.
    package var effects: WorkflowEffects?
    /// The entries that its code was replayed over; nil where the code didn't run.
    package var replayedEntries: Int?

    package init(outcomes: [Outcome], effects: WorkflowEffects? = nil, replayedEntries: Int? = nil) {
        self.outcomes = outcomes
        self.effects = effects
        self.replayedEntries = replayedEntries
    }
}

/// What an activation wants to take place.
package struct WorkflowEffects: Sendable {
    /// Nil where only answers are to be given.
    package var write: WorkflowWrite?
    /// Of the state of the workflow's key.
    package var state: StateChange
    /// In the order in which they are to be published.
    package var messages: [OutgoingMessage]
    /// To whom the end of the workflow was promised.
    package var answers: [WorkflowAnswer]
    /// What the code logged; lines of a replay are dropped.
    package var logs: [GuestLogLine]

    package init(
        write: WorkflowWrite? = nil, state: StateChange = .unchanged, messages: [OutgoingMessage] = [],
        answers: [WorkflowAnswer] = [], logs: [GuestLogLine] = []
    ) {
        self.write = write
        self.state = state
        self.messages = messages
        self.answers = answers
        self.logs = logs
    }
}

/// An answer to a call that came earlier: to be given as if that call had just been run.
package struct WorkflowAnswer: Sendable, Equatable {
    /// The `id` of the call.
    package var callID: String
    /// The `type` of the call, `shop.Orders/fulfil`.
    package var callType: String
    /// What the call said about its answer: `replyTo`, `keepsResult`, `answerTo`, `traceparent`.
    package var extensions: MessageExtensions
    package var status: ReplyStatus
    /// The answer as the wire carries it, or `MeshError.json`.
    package var data: [UInt8]

    package init(
        callID: String, callType: String, extensions: MessageExtensions, status: ReplyStatus, data: [UInt8]
    ) {
        self.callID = callID
        self.callType = callType
        self.extensions = extensions
        self.status = status
        self.data = data
    }
}

/// A message to publish, with its topic: that of a control message can't be read off its type.
package struct OutgoingMessage: Sendable, Equatable {
    package var topic: String
    package var message: Message

    package init(_ message: Message, topic: String) {
        self.topic = topic
        self.message = message
    }

    /// An event, or a call (`shop.Orders/place`).
    package init(_ message: Message) {
        topic = Topics.topic(of: message.type)
        self.message = message
    }
}
