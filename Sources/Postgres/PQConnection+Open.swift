import CPostgres
import Glibc

extension PQConnection {
    /// Connects, waiting on the socket; when `wakeup` becomes readable, `shouldStop` is asked, which takes the wake-up back.
    static func open(
        _ configuration: PostgresConfiguration, wakeup: Int32, shouldStop: () -> Bool,
        onNotification: @escaping (PostgresNotification) -> Void
    ) throws(PostgresError) -> PQConnection {
        // Parsed ahead, since libpq's message about a broken URL may repeat it, and with it the password.
        guard let options = configuration.options else {
            throw PostgresError(
                .refused,
                "the Postgres URL is not valid; it looks like postgresql://USER@HOST:PORT/DATABASE or host=… dbname=…")
        }
        let timeout = connectTimeout(options) ?? configuration.connectTimeout
        var hosts = PostgresHosts(options)
        while true {
            let pointer = try start(configuration.keywords + hosts.keywords)
            do throws(PostgresError) {
                if try establish(pointer, within: timeout, wakeup: wakeup, shouldStop: shouldStop) {
                    return PQConnection(pointer, onNotification: onNotification)
                }
                // libpq goes on by itself where a server refuses, not where one keeps silent: its `connect_timeout` is one of the blocking calls.
                guard hosts.remove(host: PQhost(pointer), port: PQport(pointer)) else {
                    throw PostgresError(.connection, "\(server(pointer)) did not answer in time")
                }
                PQfinish(pointer)
            } catch {
                PQfinish(pointer)
                throw error
            }
        }
    }

    /// What the URL says; libpq itself heeds it in its blocking calls only.
    private static func connectTimeout(_ options: [String: String]) -> Duration? {
        guard let seconds = options["connect_timeout"].flatMap(Int32.init), seconds > 0 else { return nil }
        return .seconds(seconds)
    }

    private static func start(_ settings: [(name: String, value: String)]) throws(PostgresError) -> OpaquePointer {
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

    /// False where a server's time was over before.
    private static func establish(
        _ pointer: OpaquePointer, within timeout: Duration, wakeup: Int32, shouldStop: () -> Bool
    ) throws(PostgresError) -> Bool {
        var server = server(pointer)
        var deadline = ContinuousClock.now + timeout
        var direction = PGRES_POLLING_WRITING
        while true {
            if PQstatus(pointer) == CONNECTION_BAD { throw PostgresError(failedConnect: pointer) }
            guard try waitReady(pointer, direction, deadline, wakeup: wakeup, shouldStop: shouldStop) else {
                return false
            }
            direction = PQconnectPoll(pointer)
            // On to the next server, which has as much time.
            if server != self.server(pointer) {
                server = self.server(pointer)
                deadline = .now + timeout
            }
            switch direction {
            case PGRES_POLLING_OK: return true
            case PGRES_POLLING_FAILED: throw PostgresError(failedConnect: pointer)
            default: continue
            }
        }
    }

    /// False where the time is over.
    private static func waitReady(
        _ pointer: OpaquePointer, _ direction: PostgresPollingStatusType, _ deadline: ContinuousClock.Instant,
        wakeup: Int32, shouldStop: () -> Bool
    ) throws(PostgresError) -> Bool {
        let events = direction == PGRES_POLLING_READING ? Int16(POLLIN) : Int16(POLLOUT)
        var watched = [
            pollfd(fd: PQsocket(pointer), events: events, revents: 0),
            pollfd(fd: wakeup, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            let left = deadline - ContinuousClock.now
            guard left > .zero else { return false }
            let ready = poll(&watched, 2, Int32(truncatingIfNeeded: left.milliseconds + 1))
            if ready < 0, errno != EINTR { throw PostgresError(.connection, "poll failed with error \(errno)") }
            if watched[0].revents != 0 { return true }
            // libpq must not be asked to go on before its socket is ready, so another wake-up than a stop just goes round.
            if watched[1].revents != 0, shouldStop() { throw PostgresError(.closed, "the connection was closed") }
        }
    }
}
