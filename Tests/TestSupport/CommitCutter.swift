internal import Embedded
internal import Glibc
internal import MeshCore
internal import Synchronization

/// Stands between a client and Postgres, knows where a pipeline commits, and cuts the connection right there.
///
/// A pipeline without BEGIN, as the stores send them, commits at its Sync. So a cut is exact: either the server got everything but that, or it has committed and the answer
/// never comes. Or the connection is left open and silent, as that of a frozen client. Which pipelines count is said by the names of their statements.
package final class CommitCutter: Sendable {
    /// What becomes of the connection at the commit.
    package enum Cut: Sendable {
        /// It ends: the server never got the word to commit.
        case beforeCommit
        /// It ends: the server has committed, and nobody is told.
        case beforeAnswer
        /// It stays, and nothing comes through any more: the server waits for the word to commit.
        case silence
        /// It stays, and the client reads no answers any more: the server waits for room to send them.
        case deafness

        /// Those that end it.
        package static let ends: [Cut] = [.beforeCommit, .beforeAnswer]
    }

    private struct State {
        /// What is still to be cut, the next one last, each with how many commits pass before it.
        var plan: [(pass: Int, cut: Cut)]
        var done: [Cut] = []
        var links: [WeakLink] = []
        var isStopped = false
    }

    private struct WeakLink { weak var link: CommitCutterLink? }

    package let port: UInt16
    private let target: UInt16
    private let statements: Set<String>
    private let listener: Int32
    private let state: Mutex<State>

    /// Passes on to the server at `url` what comes to `port`; cuts pipelines that have one of `statements`, by name.
    package init(before url: String, statements: Set<String>, plan: [(pass: Int, cut: Cut)]) throws {
        guard let port = CommitCutter.port(of: url) else {
            throw EmbeddedError("there is no port of 127.0.0.1 in the connection string")
        }
        target = port
        self.port = try FreePort.find()
        self.statements = statements
        state = Mutex(State(plan: plan.reversed()))
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var yes: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        let descriptor = listener
        guard LoopbackSocket.withAddress(self.port, { bind(descriptor, $0, $1) }) == 0, listen(descriptor, 64) == 0
        else {
            throw EmbeddedError("nobody can listen on port \(self.port): errno \(errno)")
        }
        DedicatedThread.start("cutter") { [self] in accept() }
    }

    /// The connection string by way of here.
    package func url(_ original: String) -> String {
        let separator = original.contains("?") ? "&" : "?"
        // What is encrypted can't be followed.
        return original.replacing("127.0.0.1:\(target)", with: "127.0.0.1:\(port)")
            + "\(separator)sslmode=disable&gssencmode=disable"
    }

    /// How many cuts are still to come.
    package var remaining: Int { state.withLock { $0.plan.count } }
    /// What was cut so far.
    package var done: [Cut] { state.withLock { $0.done } }

    /// Takes no more connections, and ends those that there are.
    package func stop() {
        let links = state.withLock { state in
            state.isStopped = true
            defer { state.links = [] }
            return state.links
        }
        shutdown(listener, Int32(SHUT_RDWR))
        for entry in links { entry.link?.end() }
    }

    /// A pipeline is about to commit: what to do to it.
    func cut(pipelineOf names: [String]) -> Cut? {
        guard names.contains(where: statements.contains) else { return nil }
        return state.withLock { state in
            guard let last = state.plan.indices.last else { return nil }
            if state.plan[last].pass > 0 {
                state.plan[last].pass -= 1
                return nil
            }
            return state.plan.removeLast().cut
        }
    }

    func note(_ cut: Cut) { state.withLock { $0.done.append(cut) } }

    private func accept() {
        while true {
            let client = Glibc.accept(listener, nil, nil)
            guard client >= 0 else { break }
            _ = fcntl(client, F_SETFD, FD_CLOEXEC)
            guard let server = LoopbackSocket.connect(target) else {
                close(client)
                continue
            }
            let link = CommitCutterLink(client: client, server: server, cutter: self)
            let isStopped = state.withLock { state in
                state.links.removeAll { $0.link == nil }
                state.links.append(WeakLink(link: link))
                return state.isStopped
            }
            if isStopped { link.end() }
            DedicatedThread.start("cutter-up") { link.passUp() }
            DedicatedThread.start("cutter-down") { link.passDown() }
        }
        close(listener)
    }

    private static func port(of url: String) -> UInt16? {
        guard let range = url.firstRange(of: "127.0.0.1:") else { return nil }
        return UInt16(url[range.upperBound...].prefix { $0.isNumber })
    }
}

/// Blocking sockets of this machine.
enum LoopbackSocket {
    /// A connection to a port; nil where nobody listens.
    static func connect(_ port: UInt16) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard withAddress(port, { Glibc.connect(descriptor, $0, $1) }) == 0 else {
            close(descriptor)
            return nil
        }
        var yes: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
        return descriptor
    }

    /// Lends the address 127.0.0.1:`port`.
    static func withAddress<Result>(_ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }
}
