/// What is done to a mesh.
package enum FaultKind: String, Sendable, CaseIterable {
    /// SIGKILL, and a new one after a while.
    case workerKill = "worker-kill"
    case routerKill = "router-kill"
    case relayKill = "relay-kill"
    case egressKill = "egress-kill"
    /// SIGSTOP for longer than the session, then SIGCONT: a zombie.
    case workerFreeze = "worker-freeze"
    case routerFreeze = "router-freeze"
    case relayFreeze = "relay-freeze"
    case egressFreeze = "egress-freeze"
    /// SIGSTOP of any of these, with whatever it holds just then, until the others have done everything without it.
    case strand
    /// SIGKILL of the embedded broker: all topics are gone.
    case brokerKill = "broker-kill"
    case brokerFreeze = "broker-freeze"
    /// pg_terminate_backend of some or all sessions.
    case postgresSessions = "postgres-sessions"
    /// SIGKILL of one server process: Postgres ends all sessions and recovers.
    case postgresKill = "postgres-kill"
    /// Immediate shutdown, and a start after a while.
    case postgresCrash = "postgres-crash"
    case postgresFreeze = "postgres-freeze"
    /// Connections through the proxy: reset or closed; open but dead; slow.
    case kafkaCut = "kafka-cut"
    case kafkaHalfOpen = "kafka-half-open"
    case kafkaDelay = "kafka-delay"
    case postgresCut = "postgres-cut"
    case postgresHalfOpen = "postgres-half-open"
    case postgresDelay = "postgres-delay"
    /// Nothing passes between one process and anybody, for a while.
    case isolation = "isolation"
    /// The database's file system stands still, again and again.
    case slowDisk = "slow-disk"
    /// The database's file system has no room left.
    case fullDisk = "full-disk"
    /// The wall clock of one worker jumps by up to an hour, forth and back.
    case clockJump = "clock-jump"
    /// Each process in turn is asked to end, and replaced.
    case rollingRestart = "rolling-restart"
    /// The other build of the services is deployed.
    case deploy = "deploy"
    /// All services go to a pool that no worker is of, and come back.
    case poolMove = "pool-move"
    /// Services go out of force, and are deployed again after a while.
    case undeploy = "undeploy"
    /// A build whose services handle other events and keep more state is deployed, and the former one again after a while.
    case handlerChange = "handler-change"
    /// Another number of workers, 1 to 6.
    case scale = "scale"

    /// Names with commas between.
    static func list(_ text: String) throws -> [FaultKind] {
        try text.split(separator: ",").map { name in
            guard let kind = FaultKind(rawValue: String(name)) else {
                throw ChaosFailure("there is no fault '\(name)'\n\(ChaosOptions.usage)")
            }
            return kind
        }
    }

    /// How often it comes, against the others.
    var weight: Int {
        switch self {
        case .workerKill, .workerFreeze, .kafkaCut, .kafkaHalfOpen, .postgresCut, .postgresHalfOpen: 3
        case .brokerKill, .postgresCrash, .rollingRestart, .fullDisk, .handlerChange: 1
        case .routerKill, .relayKill, .egressKill, .routerFreeze, .relayFreeze, .egressFreeze, .brokerFreeze,
            .postgresSessions, .postgresKill,
            .postgresFreeze, .strand, .kafkaDelay, .postgresDelay, .isolation, .slowDisk, .clockJump, .deploy,
            .poolMove,
            .undeploy, .scale:
            2
        }
    }

    /// How long it is kept up, in milliseconds.
    var hold: ClosedRange<Int> {
        switch self {
        case .workerKill, .routerKill, .relayKill, .egressKill: 0...3000
        case .workerFreeze, .routerFreeze, .relayFreeze: 2500...7000
        // Its lease is of fifteen seconds.
        case .egressFreeze: 2500...20000
        case .brokerKill: 0...2500
        case .brokerFreeze: 500...4000
        case .strand, .postgresSessions, .postgresKill, .kafkaCut, .postgresCut, .deploy, .scale, .rollingRestart: 0...0
        case .postgresCrash: 0...3000
        case .postgresFreeze: 500...4000
        case .kafkaHalfOpen, .postgresHalfOpen, .isolation: 2000...12000
        case .kafkaDelay, .postgresDelay: 2000...6000
        case .slowDisk: 2000...5000
        case .fullDisk: 1500...4000
        case .clockJump: 3000...8000
        case .poolMove: 500...6000
        case .undeploy, .handlerChange: 300...4000
        }
    }
}
