import Glibc
import MeshCore

/// What a connection's thread does: connect when needed, send what waits, receive, and again; it sleeps only in `poll`.
final class ConnectionLoop {
    private let thread: ConnectionThread
    private var connection: PQConnection?
    private var wasConnected = false
    private var backoff = Duration.milliseconds(50)
    private var nextAttempt = ContinuousClock.now
    private var lastComplaint: ContinuousClock.Instant?
    private var lastFailure: PostgresError?

    init(_ thread: ConnectionThread) { self.thread = thread }

    func run() {
        while !isOver { step() }
        connection = nil
        thread.failWaiting(PostgresError(.closed, "the connection was closed"))
    }

    private var isOver: Bool {
        guard thread.isClosing else { return false }
        thread.failWaiting(PostgresError(.closed, "the connection was closed"))
        return (connection?.inFlightCount ?? 0) == 0
    }

    private func step() {
        thread.clearWakeup()
        if let connection {
            do throws(PostgresError) {
                try exchange(connection)
            } catch {
                lose(connection, error)
            }
        } else if thread.isClosing {
            return
        } else if thread.isNeeded {
            connectOrWait()
        } else {
            wait(socket: nil, events: 0, timeout: -1)
        }
    }

    private func exchange(_ connection: PQConnection) throws(PostgresError) {
        try connection.rollBackIfNeeded()
        for channel in thread.takeNewChannels() { try connection.listen(channel) }
        let limit = thread.configuration.maximumInFlight
        while let next = thread.takeNext(if: { connection.accepts($0, limit: limit) }) {
            try connection.send(next)
        }
        let hasMore = try connection.flush()
        let events = Int16(hasMore ? POLLIN | POLLOUT : POLLIN)
        if wait(socket: connection.socket, events: events, timeout: -1) { try connection.receive() }
    }

    /// Sleeps until the socket or the mailbox has something; true where it was the socket.
    @discardableResult
    private func wait(socket: Int32?, events: Int16, timeout: Int32) -> Bool {
        var watched = [
            pollfd(fd: thread.wakeup, events: Int16(POLLIN), revents: 0),
            pollfd(fd: socket ?? -1, events: events, revents: 0),
        ]
        return poll(&watched, 2, timeout) > 0 && watched[1].revents != 0
    }
}

// MARK: Connecting

extension ConnectionLoop {
    private func connectOrWait() {
        let left = nextAttempt - ContinuousClock.now
        if left > .zero {
            expireWaiting(lastFailure ?? PostgresError(.connection, "Postgres at \(server) is not reachable"))
            wait(socket: nil, events: 0, timeout: Int32(truncatingIfNeeded: left.milliseconds + 1))
            return
        }
        do throws(PostgresError) {
            try connect()
        } catch {
            failed(error)
        }
    }

    private func connect() throws(PostgresError) {
        let thread = self.thread
        let connection = try PQConnection.open(
            thread.configuration, wakeup: thread.wakeup,
            shouldStop: {
                thread.clearWakeup()
                return thread.isClosing
            },
            onNotification: { thread.channels[$0.channel]?($0) })
        // Ahead of everything else, in its order: no round trip is waited for.
        try connection.set(thread.configuration.sessionSettings)
        _ = thread.takeNewChannels()
        let channels = thread.channels
        for channel in channels.keys { try connection.listen(channel) }
        if wasConnected {
            PostgresConnection.log.info("connected to Postgres at \(server) again")
            for (channel, handler) in channels { handler(PostgresNotification(channel: channel, payload: "")) }
        }
        self.connection = connection
        wasConnected = true
        backoff = .milliseconds(50)
        lastComplaint = nil
        lastFailure = nil
    }

    private func failed(_ error: PostgresError) {
        if error.kind == .refused { thread.failWaiting(error) }
        lastFailure = error
        expireWaiting(error)
        complain(error)
        nextAttempt = .now + backoff
        backoff = min(backoff * 2, .seconds(2))
    }

    /// Says what we wait for, once every few seconds.
    private func complain(_ error: PostgresError) {
        let now = ContinuousClock.now
        if let lastComplaint, now - lastComplaint < .seconds(5) { return }
        lastComplaint = now
        PostgresConnection.log.warning("waiting for Postgres at \(server): \(error)")
    }

    private func expireWaiting(_ error: PostgresError) { thread.failWaiting(error, impatientAt: .now) }

    private func lose(_ connection: PQConnection, _ error: PostgresError) {
        if !thread.isClosing { PostgresConnection.log.warning("\(error)") }
        self.connection = nil
        nextAttempt = .now
        connection.abandon(error)
    }

    private var server: String { thread.configuration.serverDescription }
}

extension PQConnection {
    /// Gives the session its settings; a refusal is logged.
    fileprivate func set(_ settings: Statement) throws(PostgresError) {
        try send(
            Submission(.pipeline(Pipeline(settings))) { outcome in
                if case .failure(let error) = outcome, !error.isConnectionLoss {
                    PostgresConnection.log.error("cannot give the session its settings: \(error)")
                }
            })
    }

    /// Subscribes to a channel; a refusal is logged.
    fileprivate func listen(_ channel: String) throws(PostgresError) {
        let quoted = channel.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
        try send(
            Submission(.pipeline(Pipeline(.oneOff("LISTEN \"\(quoted)\"")))) { outcome in
                if case .failure(let error) = outcome {
                    PostgresConnection.log.error("cannot listen on channel \(channel): \(error)")
                }
            })
    }
}
