/// Calls of one kind that run at the same time, and whose results come in the order in which they complete.
///
/// Made by `mesh.group(of:)`; what is open when its closure is left is given up and waited for. The host keeps what is open: waiting
/// for the next of ten thousand costs as much as for the next of two, and a call costs five bytes here. Keep what you need of their results.
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
    private let group: Int32
    private var read: AnswerReader<Answer>?
    /// The calls in the order of their start, which is that of their numbers, and which of them were handed out.
    private var numbers: [Int32] = []
    private var isTaken: [Bool] = []
    private var openCount = 0
    /// How many calls were started.
    public var count: Int { numbers.count }

    init(host: MeshHost) throws(MeshError) {
        self.host = host
        group = try host.makeGroup()
    }

    /// True where nothing is open.
    public var isEmpty: Bool { openCount == 0 }

    /// Begins a call.
    public func start(
        _ call: Call<Answer>, key: String? = nil, retries: Int? = nil, backoff: CallOptions.Backoff? = nil,
        timeout: Duration? = nil, label: String? = nil
    ) throws(MeshError) {
        let options = CallOptions(retries: retries, backoff: backoff, timeout: timeout, label: label)
        let number = try host.start(call, key: key, options).number
        try host.add(number, to: group)
        numbers.append(number)
        isTaken.append(false)
        openCount += 1
        read = call.read
    }

    /// Waits for the next one that completes; nil where nothing is open any more.
    public func next() throws(MeshError) -> Finished? {
        guard !isEmpty, let number = try host.next(of: group) else { return nil }
        return take(number)
    }

    /// Waits that long at most for the next one; nil where none has completed by then, or nothing is open.
    public func next(timeout: Duration) throws(MeshError) -> Finished? {
        if isEmpty { return nil }
        let timer = try host.beginTimer(timeout)
        let number: Int32?
        do throws(MeshError) {
            number = try host.next(of: group, timer: timer)
        } catch {
            host.workflowCancel(timer)
            throw error
        }
        guard let number else { return nil }
        host.workflowCancel(timer)
        return take(number)
    }

    /// Gives up what is open, and waits until it is done.
    public func cancelAll() throws(MeshError) {
        var open: [Int32] = []
        for index in numbers.indices where !isTaken[index] {
            open.append(numbers[index])
            isTaken[index] = true
        }
        openCount = 0
        try host.close(open)
    }

    private func take(_ number: Int32) -> Finished? {
        guard let read, let index = index(of: number) else { return nil }
        isTaken[index] = true
        openCount -= 1
        return Finished(index: index, pending: Pending(host: host, number: number, read: read))
    }

    /// Numbers rise.
    private func index(of number: Int32) -> Int? {
        var low = 0
        var high = numbers.count
        while low < high {
            let middle = (low + high) / 2
            if numbers[middle] < number { low = middle + 1 } else { high = middle }
        }
        return low < numbers.count && numbers[low] == number ? low : nil
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
        let group = try CallGroup<Answer>(host: host)
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
