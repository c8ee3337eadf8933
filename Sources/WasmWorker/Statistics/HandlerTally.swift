/// What one batch of a partition counts, method by method.
///
/// A plain value that the partition's own task fills while it makes the batch, and that counts once the batch is committed. A partition is one
/// service's, and a batch knows few methods, mostly the one before: a list is looked through faster than a name is hashed.
struct HandlerTally: Sendable {
    private(set) var methods: [(name: String, counts: HandlerCounts)] = []
    /// Where the last one was found.
    private var last = 0

    /// The name for what was asked of a method that nobody has deployed: what senders write must not name series.
    static let unknown = "(unknown)"

    mutating func count(_ method: String, _ outcome: HandledOutcome) {
        let place = place(of: method)
        methods[place].counts.count(outcome)
    }

    mutating func ran(_ method: String, for nanoseconds: Int64) {
        let place = place(of: method)
        methods[place].counts.ran(for: nanoseconds)
    }

    private mutating func place(of method: String) -> Int {
        if last < methods.count, methods[last].name == method { return last }
        last =
            methods.firstIndex { $0.name == method }
            ?? {
                methods.append((method, HandlerCounts()))
                return methods.count - 1
            }()
        return last
    }
}
