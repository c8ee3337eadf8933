/// Calls of one kind that run at the same time, and whose results come in the order in which they complete.
///
/// Made by `mesh.group(of:)`; what is open when its closure is left is given up and waited for. An open call costs eight bytes
/// here, so that ten thousand children fit easily; keep what you need of their results.
public final class CallGroup<Answer> {
    /// How one call of the group ended.
    public struct Finished {
        /// The how manieth call of the group it was, from 0.
        public let index: Int
        let pending: Pending<Answer>

        /// The answer; throws the other side's error.
        public func value() throws(MeshError) -> Answer { try pending.outcome() }
    }

    private let host: MeshHost
    private var read: AnswerReader<Answer>?
    /// What is open, in the order of the start, and the how manieth each is.
    private var open: [Int32] = []
    private var indexes: [Int32] = []
    /// How many calls were started.
    public private(set) var count = 0

    init(host: MeshHost) { self.host = host }

    /// True where nothing is open.
    public var isEmpty: Bool { open.isEmpty }

    /// Begins a call.
    public func start(
        _ call: Call<Answer>, key: String? = nil, retries: Int? = nil, backoff: CallOptions.Backoff? = nil,
        timeout: Duration? = nil, label: String? = nil
    ) throws(MeshError) {
        let options = CallOptions(retries: retries, backoff: backoff, timeout: timeout, label: label)
        open.append(try host.start(call, key: key, options).number)
        indexes.append(Int32(count))
        read = call.read
        count += 1
    }

    /// Waits for the next one that completes; nil where nothing is open any more.
    public func next() throws(MeshError) -> Finished? {
        open.isEmpty ? nil : take(try host.wait(for: open))
    }

    /// Waits that long at most for the next one; nil where none has completed by then, or nothing is open.
    public func next(timeout: Duration) throws(MeshError) -> Finished? {
        guard !open.isEmpty, let place = try host.wait(for: open, timeout: timeout) else { return nil }
        return take(place)
    }

    /// Gives up what is open, and waits until it is done.
    public func cancelAll() throws(MeshError) {
        let numbers = open
        open = []
        indexes = []
        try host.close(numbers)
    }

    private func take(_ place: Int) -> Finished? {
        guard let read else { return nil }
        let number = open.remove(at: place)
        return Finished(
            index: Int(indexes.remove(at: place)), pending: Pending(host: host, number: number, read: read))
    }
}

extension WorkflowContext {
    /// Runs calls at the same time within `body`; what is open when it is left, by return or error, is given up and waited for.
    ///
    ///     let quotes = try mesh.group(of: Quote.self) { group throws(MeshError) in
    ///         for supplier in suppliers { try group.start(Suppliers.quote(supplier: supplier)) }
    ///         var quotes: [Quote] = []
    ///         while quotes.count < 3, let finished = try group.next() { quotes.append(try finished.value()) }
    ///         return quotes
    ///     }
    public func group<Answer, Result>(
        of answer: Answer.Type, _ body: (CallGroup<Answer>) throws(MeshError) -> Result
    ) throws(MeshError) -> Result {
        let group = CallGroup<Answer>(host: host)
        let result: Result
        do throws(MeshError) {
            result = try body(group)
        } catch {
            try group.cancelAll()
            throw error
        }
        try group.cancelAll()
        return result
    }
}
