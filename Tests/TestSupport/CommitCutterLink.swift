internal import Glibc
internal import Synchronization

/// One connection through a `CommitCutter`: a thread for each direction, which read Postgres's messages as they pass.
final class CommitCutterLink: Sendable {
    private struct State {
        /// How many ReadyForQuery the server owes for what was passed on; one for the start.
        var expected = 1
        var ready = 0
        /// Nothing is read from the server any more.
        var isDeaf = false
        /// The count of answers at which the connection ends; nothing reaches the client any more.
        var endsAt: Int?
    }

    private let client: Int32
    private let server: Int32
    private let cutter: CommitCutter
    private let state = Mutex(State())

    /// Takes both sockets over.
    init(client: Int32, server: Int32, cutter: CommitCutter) {
        self.client = client
        self.server = server
        self.cutter = cutter
    }

    deinit {
        close(client)
        close(server)
    }

    /// Ends both sides; the threads notice.
    func end() {
        shutdown(client, Int32(SHUT_RDWR))
        shutdown(server, Int32(SHUT_RDWR))
    }

    /// From the client to the server, message by message, until one is to be cut.
    func passUp() {
        var messages = PostgresMessages(beginsUntyped: true)
        var names: [String] = []
        defer { end() }
        while messages.read(from: client) {
            while let message = messages.next() {
                switch message.kind {
                case UInt8(ascii: "B"): names.append(message.statement)
                case UInt8(ascii: "S"):
                    let cut = cutter.cut(pipelineOf: names)
                    names = []
                    if cut == .beforeCommit { return cutter.note(.beforeCommit) }
                    if cut == .deafness { cutter.note(.deafness) }
                    if cut == .silence {
                        cutter.note(.silence)
                        // Until the server or the client has had enough.
                        while messages.read(from: client) { while messages.next() != nil {} }
                        return
                    }
                    state.withLock { state in
                        state.expected += 1
                        if cut == .beforeAnswer { state.endsAt = state.expected }
                        if cut == .deafness { state.isDeaf = true }
                    }
                // A simple query has an answer of its own.
                case UInt8(ascii: "Q"): state.withLock { $0.expected += 1 }
                default: break
                }
                guard LoopbackSocket.send(message.bytes, to: server) else { return }
            }
        }
    }

    /// From the server to the client, until the commit that is to be cut has been answered for.
    func passDown() {
        var messages = PostgresMessages(beginsUntyped: false)
        while !state.withLock({ $0.isDeaf }), messages.read(from: server) {
            while let message = messages.next() {
                let (isMuted, isOver) = state.withLock { state in
                    if message.kind == UInt8(ascii: "Z") { state.ready += 1 }
                    return (state.endsAt != nil, state.endsAt.map { state.ready >= $0 } ?? false)
                }
                if isOver {
                    end()
                    return cutter.note(.beforeAnswer)
                }
                if !isMuted, !LoopbackSocket.send(message.bytes, to: client) { return end() }
            }
        }
        // Who is deaf doesn't hear that the server has gone either.
        if !state.withLock({ $0.isDeaf }) { end() }
    }
}

/// Cuts a stream into the messages of Postgres's protocol, version 3.
private struct PostgresMessages {
    struct Message {
        /// The byte that says what it is; 0 for what a connection begins with.
        let kind: UInt8
        let bytes: ArraySlice<UInt8>

        /// A Bind's statement without the number that the mesh adds: `advance` of `advance#3`.
        var statement: String {
            let names = bytes.dropFirst(5).split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
            guard names.count > 1 else { return "" }
            return String(decoding: names[1].prefix { $0 != UInt8(ascii: "#") }, as: UTF8.self)
        }
    }

    /// The next message has no kind: a client's first one.
    private var isUntyped: Bool
    private var buffer: [UInt8] = []
    private var start = 0

    init(beginsUntyped: Bool) { isUntyped = beginsUntyped }

    /// Waits for more; false where the stream has ended.
    mutating func read(from socket: Int32) -> Bool {
        buffer.removeFirst(start)
        start = 0
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(socket, &piece, piece.count, 0)
        if count > 0 { buffer += piece[..<count] }
        return count > 0
    }

    /// The next message that is here as a whole.
    mutating func next() -> Message? {
        let head = isUntyped ? 0 : 1
        guard buffer.count - start >= head + 4 else { return nil }
        let length = buffer[(start + head)..<(start + head + 4)].reduce(0) { $0 << 8 | Int($1) }
        let end = start + head + length
        guard buffer.count >= end else { return nil }
        let message = Message(kind: isUntyped ? 0 : buffer[start], bytes: buffer[start..<end])
        start = end
        isUntyped = false
        return message
    }
}

extension LoopbackSocket {
    /// Writes all of it; false where the connection is gone.
    fileprivate static func send(_ bytes: ArraySlice<UInt8>, to socket: Int32) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }
}
