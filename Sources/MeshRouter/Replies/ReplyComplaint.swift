/// What was told of why answers can't be received: each problem once, and none that a start has by itself.
struct ReplyComplaint: Sendable {
    /// How long after a start a missing topic is one that is being made.
    static let patience = Duration.seconds(5)

    private var told: String?

    /// True where `problem` is to be told; `isExpected` is one that is likely to pass by itself.
    mutating func isNews(_ problem: String, isExpected: Bool) -> Bool {
        guard !isExpected, told != problem else { return false }
        told = problem
        return true
    }
}
