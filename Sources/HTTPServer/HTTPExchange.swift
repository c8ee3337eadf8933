import CMicroHTTPD
import Glibc
import Synchronization

/// One request and its answer.
///
/// `@unchecked Sendable`: `headers`, `body` and `heldBytes` belong to the daemon's thread that reads the connection; the connection's pointer is used from elsewhere only
/// to resume it, once, while it is suspended and so can't go away (which it may be twice); all else is behind the lock.
final class HTTPExchange: @unchecked Sendable {
    private struct State {
        var task: Task<Void, Never>?
        var isCancelled = false
        /// The connection waits for a task of ours.
        var isSuspended = false
        /// What it waits for is whether its body may be read.
        var isAsking = false
        var response: HTTPResponse?
    }

    private let connection: OpaquePointer
    private let exchanges: HTTPExchanges
    private let state = Mutex(State())
    /// The request's header fields, once they are read.
    var headers = HTTPHeaders()
    private(set) var body: [UInt8] = []
    private var heldBytes = 0
    /// Still percent-encoded.
    let rawPath: String
    let bodyLimit: Int

    init(_ connection: OpaquePointer, _ exchanges: HTTPExchanges, rawPath: String, bodyLimit: Int) {
        self.rawPath = rawPath
        self.bodyLimit = bodyLimit
        self.connection = connection
        self.exchanges = exchanges
        exchanges.enter()
    }

    /// Why a part of a body can't be taken.
    enum Refusal {
        /// This body is over its limit.
        case tooLarge
        /// All bodies together are over theirs.
        case overloaded
    }

    /// Adds a part of the body, or says why not.
    func append(_ bytes: UnsafeRawBufferPointer) -> Refusal? {
        guard body.count + bytes.count <= bodyLimit else { return .tooLarge }
        guard exchanges.holdBody(bytes.count) else { return .overloaded }
        heldBytes += bytes.count
        body.append(contentsOf: bytes)
        return nil
    }

    /// The answer, once there is one.
    var response: HTTPResponse? { state.withLock { $0.response } }

    /// Suspends the connection until it is known whether its body may be read.
    func ask(_ admission: @escaping HTTPServer.Admission) {
        state.withLock { $0.isAsking = true }
        suspend(until: admission)
    }

    /// True once after `ask`, where the body may be read.
    func takeAdmission() -> Bool {
        state.withLock { state in
            defer { state.isAsking = false }
            return state.isAsking
        }
    }

    /// Suspends the connection and lets the handler work on the request.
    func start(_ request: consuming HTTPRequest) {
        body = []
        let request = request
        suspend { await self.answer(request) }
    }

    private func suspend(until work: @escaping @Sendable () async -> HTTPResponse?) {
        state.withLock { $0.isSuspended = true }
        MHD_suspend_connection(connection)
        // Watched first: from `wait` on, a stop may complete it, and that ends the watch.
        exchanges.watch.suspended(wasmesh_http_socket(connection), self)
        guard exchanges.wait(self) else { return resume(exchanges.stopping(rawPath)) }
        let task = Task { resume(await work()) }
        let isCancelled = state.withLock { state in
            state.task = state.isSuspended ? task : nil
            return state.isCancelled
        }
        if isCancelled { task.cancel() }
    }

    private func answer(_ request: HTTPRequest) async -> HTTPResponse {
        do {
            return try await exchanges.handler(request)
        } catch {
            return exchanges.onError(request, error)
        }
    }

    /// Takes the answer, if there is one already, and lets the daemon go on with the connection; the first call counts.
    func resume(_ response: HTTPResponse?) {
        let isFirst = state.withLock { state in
            guard state.isSuspended else { return false }
            state.isSuspended = false
            state.response = response
            state.task = nil
            return true
        }
        guard isFirst else { return }
        exchanges.watch.resumed(self)
        exchanges.waitingEnded(self)
        MHD_resume_connection(connection)
    }

    /// The client is gone.
    func cancel() { markCancelled()?.cancel() }

    /// The server stops: this is the answer, whatever the task makes of its being cancelled.
    func abandon(_ response: HTTPResponse) {
        let task = markCancelled()
        resume(response)
        task?.cancel()
    }

    private func markCancelled() -> Task<Void, Never>? {
        state.withLock { state in
            state.isCancelled = true
            return state.task
        }
    }

    /// The daemon is through with the request.
    func end() {
        exchanges.releaseBody(heldBytes)
        exchanges.leave()
    }
}
