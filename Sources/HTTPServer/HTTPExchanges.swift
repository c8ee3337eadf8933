import Synchronization

/// The requests of a server from their headers to the end of their answers.
final class HTTPExchanges: Sendable {
    private struct State {
        var count = 0
        var waiting: [ObjectIdentifier: HTTPExchange] = [:]
        var isDraining = false
        var isAbandoned = false
        var idleWaiters: [Int: @Sendable () -> Void] = [:]
        var nextWaiter = 0
    }

    let configuration: HTTPServer.Configuration
    let watch: HTTPConnectionWatch
    let onError: HTTPServer.ErrorHook
    let handler: HTTPServer.Handler
    private let state = Mutex(State())
    private let bodyBytes = Atomic<Int>(0)

    init(
        _ configuration: HTTPServer.Configuration, watch: HTTPConnectionWatch,
        onError: @escaping HTTPServer.ErrorHook, handler: @escaping HTTPServer.Handler
    ) {
        self.configuration = configuration
        self.watch = watch
        self.onError = onError
        self.handler = handler
    }

    func stopping(_ rawPath: String) -> HTTPResponse { configuration.refusal(rawPath, 503, "the server is stopping") }

    var count: Int { state.withLock { $0.count } }
    /// True once connections shall not be kept for further requests.
    var isDraining: Bool { state.withLock { $0.isDraining } }

    /// Counts bytes of bodies that are held in memory; false where the limit of all of them would be exceeded.
    func holdBody(_ count: Int) -> Bool {
        guard bodyBytes.add(count, ordering: .relaxed).newValue <= configuration.maxBufferedBytes else {
            releaseBody(count)
            return false
        }
        return true
    }

    func releaseBody(_ count: Int) { bodyBytes.subtract(count, ordering: .relaxed) }

    /// A request has begun.
    func enter() { state.withLock { $0.count += 1 } }

    /// A request is over, answered or not.
    func leave() {
        let waiters = state.withLock { state -> [@Sendable () -> Void] in
            state.count -= 1
            guard state.count == 0 else { return [] }
            defer { state.idleWaiters = [:] }
            return Array(state.idleWaiters.values)
        }
        for resume in waiters { resume() }
    }

    /// A suspended request waits for its handler; false where the server gave up on them all.
    func wait(_ exchange: HTTPExchange) -> Bool {
        state.withLock { state in
            guard !state.isAbandoned else { return false }
            state.waiting[ObjectIdentifier(exchange)] = exchange
            return true
        }
    }

    func waitingEnded(_ exchange: HTTPExchange) {
        state.withLock { _ = $0.waiting.removeValue(forKey: ObjectIdentifier(exchange)) }
    }

    func startDraining() { state.withLock { $0.isDraining = true } }

    /// Answers what still waits with 503, and cancels it: libmicrohttpd can't be stopped while a connection is suspended.
    func abandonAll() {
        let waiting = state.withLock { state in
            state.isAbandoned = true
            return Array(state.waiting.values)
        }
        for exchange in waiting { exchange.abandon(stopping(exchange.rawPath)) }
    }

    func waitUntilIdle(within limit: Duration) async {
        var timer: Task<Void, Never>?
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let id = state.withLock { state -> Int? in
                guard state.count > 0, limit > .zero else { return nil }
                state.nextWaiter += 1
                state.idleWaiters[state.nextWaiter] = { continuation.resume() }
                return state.nextWaiter
            }
            guard let id else { return continuation.resume() }
            timer = Task {
                try? await Task.sleep(for: limit)
                self.giveUpWaiting(id)
            }
        }
        timer?.cancel()
    }

    private func giveUpWaiting(_ id: Int) {
        state.withLock { $0.idleWaiters.removeValue(forKey: id) }?()
    }
}
