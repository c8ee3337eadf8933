/// What an operator orders of the state of one key, as it travels: the data of a message with that key on the topic of the service.
///
/// The owner of the partition carries it out like any other message, once and in its turn: nobody else may write a state, since the owner
/// keeps what it has committed.
package enum StateOrder: Sendable, Equatable {
    /// The whole state, JSON.
    case set([UInt8])
    case delete

    package static let messageType = "mesh.state"

    /// The data of the message.
    package var data: [UInt8] {
        switch self {
        case .set(let state): Array(#"{"order":"set","state":"#.utf8) + state + [UInt8(ascii: "}")]
        case .delete: Array(#"{"order":"delete"}"#.utf8)
        }
    }
}
