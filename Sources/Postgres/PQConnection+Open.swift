import CPostgres
import Glibc

extension PQConnection {
    /// Connects, waiting on the socket; when `wakeup` becomes readable, `shouldStop` is asked, which takes the wake-up back.
    static func open(
        _ configuration: PostgresConfiguration, wakeup: Int32, shouldStop: () -> Bool,
        onNotification: @escaping (PostgresNotification) -> Void
    ) throws(PostgresError) -> PQConnection {
        let pointer = try start(configuration)
        do throws(PostgresError) {
            try establish(pointer, configuration, wakeup: wakeup, shouldStop: shouldStop)
            return PQConnection(pointer, onNotification: onNotification)
        } catch {
            PQfinish(pointer)
            throw error
        }
    }

    private static func start(_ configuration: PostgresConfiguration) throws(PostgresError) -> OpaquePointer {
        // Parsed ahead, since libpq's message about a broken URL may repeat it, and with it the password.
        guard let parsed = PQconninfoParse(configuration.url, nil) else {
            throw PostgresError(
                .refused,
                "the Postgres URL is not valid; it looks like postgresql://USER@HOST:PORT/DATABASE or host=… dbname=…")
        }
        PQconninfoFree(parsed)
        let settings = configuration.keywords
        let names = settings.map { strdup($0.name) }
        let values = settings.map { strdup($0.value) }
        defer {
            names.forEach { free($0) }
            values.forEach { free($0) }
        }
        let pointer = PQconnectStartParams(
            names.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil], 1)
        guard let pointer else { throw PostgresError(.connection, "out of memory") }
        PQsetErrorVerbosity(pointer, PQERRORS_VERBOSE)
        return pointer
    }

    private static func establish(
        _ pointer: OpaquePointer, _ configuration: PostgresConfiguration, wakeup: Int32, shouldStop: () -> Bool
    ) throws(PostgresError) {
        let deadline = ContinuousClock.now + configuration.connectTimeout
        var direction = PGRES_POLLING_WRITING
        while true {
            if PQstatus(pointer) == CONNECTION_BAD { throw PostgresError(failedConnect: pointer) }
            try waitReady(pointer, direction, deadline, wakeup: wakeup, shouldStop: shouldStop)
            direction = PQconnectPoll(pointer)
            switch direction {
            case PGRES_POLLING_OK: return
            case PGRES_POLLING_FAILED: throw PostgresError(failedConnect: pointer)
            default: continue
            }
        }
    }

    private static func waitReady(
        _ pointer: OpaquePointer, _ direction: PostgresPollingStatusType, _ deadline: ContinuousClock.Instant,
        wakeup: Int32, shouldStop: () -> Bool
    ) throws(PostgresError) {
        let events = direction == PGRES_POLLING_READING ? Int16(POLLIN) : Int16(POLLOUT)
        var watched = [
            pollfd(fd: PQsocket(pointer), events: events, revents: 0),
            pollfd(fd: wakeup, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            let left = deadline - ContinuousClock.now
            guard left > .zero else { throw PostgresError(.connection, "the server did not answer in time") }
            let ready = poll(&watched, 2, Int32(truncatingIfNeeded: left.milliseconds + 1))
            if ready < 0, errno != EINTR { throw PostgresError(.connection, "poll failed with error \(errno)") }
            if watched[0].revents != 0 { return }
            // libpq must not be asked to go on before its socket is ready, so another wake-up than a stop just goes round.
            if watched[1].revents != 0, shouldStop() { throw PostgresError(.closed, "the connection was closed") }
        }
    }
}
