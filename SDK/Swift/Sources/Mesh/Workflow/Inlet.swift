/// A signal as a stream that comes in, in the order in which it was sent, until it is closed.
public final class Inlet<Item> {
    private let host: MeshHost
    private let name: StaticString
    private let read: SignalReader<Item>
    /// The signal that ends it.
    private let end: StaticString?
    /// The receive of the closing signal, which stays open meanwhile.
    private var closing: Int32?
    /// True where nothing more comes.
    public private(set) var isClosed = false

    init(
        host: MeshHost, name: StaticString, read: @escaping SignalReader<Item>, end: StaticString? = nil,
        closing: Int32? = nil
    ) {
        self.host = host
        self.name = name
        self.read = read
        self.end = end
        self.closing = closing
    }

    /// The next one; nil when the stream is closed. What was sent before the closing signal comes before the end.
    public func next() throws(MeshError) -> Item? { try next(within: nil) }

    /// Waits that long at most; nil where nothing has come by then, or the stream is closed (`isClosed`).
    public func next(timeout: Duration) throws(MeshError) -> Item? { try next(within: timeout) }

    /// Takes no more: who sends from now on is told `FAILED_PRECONDITION`. An inlet that is opened for the signal later takes again.
    public func close() {
        if isClosed { return }
        isClosed = true
        if let closing { host.workflowCancel(closing) }
        closing = nil
        host.workflowClose(name)
        if let end { host.workflowClose(end) }
    }

    private func next(within timeout: Duration?) throws(MeshError) -> Item? {
        if isClosed { return nil }
        let item = try host.expect(name, read)
        let place: Int?
        do throws(MeshError) {
            place = try host.wait(for: [item.number] + (closing.map { [$0] } ?? []), timeout: timeout)
        } catch {
            item.cancel()
            throw error
        }
        if place == 0 { return try item.outcome() }
        item.cancel()
        if place == 1 {
            isClosed = true
            closing = nil
        }
        return nil
    }
}

extension WorkflowContext {
    /// A signal as a stream; `closedBy` is the signal that ends it.
    ///
    ///     let lines = try mesh.inlet(.line, closedBy: .noMoreLines)
    ///     while let line = try lines.next() { … }
    public func inlet<Item, End: JSONCodable>(
        _ signal: Signal<Self, Item>, closedBy end: Signal<Self, End>
    ) throws(MeshError) -> Inlet<Item> {
        Inlet(
            host: host, name: signal.name, read: signal.read, end: end.name,
            closing: try host.begin(.receive, end.name.asString))
    }

    /// A signal as a stream without an end of its own.
    public func inlet<Item>(_ signal: Signal<Self, Item>) -> Inlet<Item> {
        Inlet(host: host, name: signal.name, read: signal.read)
    }
}
