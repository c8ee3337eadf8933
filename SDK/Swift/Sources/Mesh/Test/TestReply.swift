#if !arch(wasm32)
    /// What has become of a signal that a test has sent: `let approval = test.signal(Orders.approve(…))`.
    public final class TestReply<Answer> {
        private let target: String
        private let read: AnswerReader<Answer>
        /// What the sender has got; nil while it waits.
        var outcome: Result<String, MeshError>?

        init(_ signal: Call<Answer>) {
            target = signal.target
            read = signal.read
        }

        /// True once there is an answer or an error: for a signal without a result, when it is stored.
        public var isDone: Bool { outcome != nil }

        /// The answer; throws the error that the sender got, and `WAITING` while there is neither.
        @discardableResult
        public func answer() throws(MeshError) -> Answer {
            switch outcome {
            case .success(let reply): return try Array(reply.utf8).reading(read)
            case .failure(let error): throw error
            case nil: throw MeshError("WAITING", "nobody has answered \(target) yet; let time pass, or the code go on")
            }
        }
    }
#endif
