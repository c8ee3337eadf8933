package import MeshCore

/// When a call is to be sent that isn't sent at once.
package enum CallStart: Sendable, Equatable {
    case after(Duration)
    case at(Timestamp)

    /// The same for the same header, whenever it comes.
    var text: String {
        switch self {
        case .after(let delay): "after \(delay.components.seconds).\(delay.components.attoseconds)"
        case .at(let time): "at \(time.iso8601)"
        }
    }

    /// Nil where that has come already.
    func due(from now: Timestamp) -> Timestamp? {
        let due =
            switch self {
            case .after(let delay): now.advanced(by: delay)
            case .at(let time): time
            }
        return due > now ? due : nil
    }
}
