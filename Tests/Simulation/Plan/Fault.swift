/// Something that goes wrong in a run.
struct Fault: CustomStringConvertible {
    enum Trigger: CustomStringConvertible {
        /// Microseconds after the beginning.
        case time(Int64)
        /// At the moment when Postgres has committed the batch of that number, before anybody knows.
        case commit(Int)
        /// With the statement of that number, commits included.
        case request(Int)
        /// With the transaction of that number in which a router accepts messages.
        case accept(Int)
        /// With the produce request of that number.
        case produce(Int)

        var description: String {
            switch self {
            case .time(let time): "at \(time / 1000) ms"
            case .commit(let number): "at commit \(number)"
            case .request(let number): "at request \(number)"
            case .accept(let number): "when messages are accepted for the \(number). time"
            case .produce(let number): "at produce request \(number)"
            }
        }
    }

    enum Kind: CustomStringConvertible {
        /// The process (of a commit: the one that made it) dies; another takes its place after a while.
        case crash(Role, restart: Int64)
        /// It stands still.
        case pause(Role, Int64)
        /// The group begins anew.
        case rebalance
        case brokerAway(Int64)
        /// Every partition is claimed behind its owner's back, by somebody who does nothing with it.
        case claimBehind
        /// The broker comes back without its data.
        case brokerEmpty(away: Int64)
        /// One topic is gone; the others are as they were.
        case topicLost(String)
        /// Nobody reaches Postgres.
        case databaseAway(Int64)
        /// The statement doesn't get there; the caller can't know.
        case requestLost
        /// It takes effect; the caller can't know.
        case answerLost
        /// The connection breaks at once, and the statement takes effect later.
        case requestLate(Int64)
        /// A deadlock, a serialization failure.
        case transient
        /// It takes long to get there.
        case slow(Int64)
        /// Its answer takes long.
        case slowAnswer(Int64)
        /// The broker has the records, the producer doesn't know and sends them again.
        case acknowledgementLost
        /// The records don't get there the first time.
        case produceLost
        /// The records get there late, whatever becomes of the producer.
        case produceLate(Int64)
        /// The producer can't go on, and another one takes its place; the records don't get there.
        case producerLost
        /// Somebody else writes a state.
        case foreignWrite
        /// Another package of both services, which each worker gets to know in its own time.
        case deploy
        /// An operator has a dead letter published again.
        case redrive

        /// What it is, without how long.
        var name: String {
            switch self {
            case .crash: "crash"
            case .pause: "pause"
            case .rebalance: "rebalance"
            case .claimBehind: "claim behind the back"
            case .brokerAway: "broker away"
            case .brokerEmpty: "broker empty"
            case .topicLost: "topic lost"
            case .databaseAway: "Postgres away"
            case .requestLost: "request lost"
            case .answerLost: "answer lost"
            case .requestLate: "request late"
            case .transient: "transient failure"
            case .slow: "slow request"
            case .slowAnswer: "slow answer"
            case .acknowledgementLost: "acknowledgement lost"
            case .produceLost: "records lost"
            case .produceLate: "records late"
            case .producerLost: "producer lost"
            case .foreignWrite: "foreign write"
            case .deploy: "deploy"
            case .redrive: "redrive"
            }
        }

        var description: String {
            switch self {
            case .crash(let role, let restart): "crash of \(role), another after \(restart / 1000) ms"
            case .pause(let role, let time): "pause of \(role) for \(time / 1000) ms"
            case .rebalance: "rebalance"
            case .claimBehind: "all partitions claimed behind their owners' backs"
            case .brokerAway(let time): "broker away for \(time / 1000) ms"
            case .brokerEmpty(let time): "broker away for \(time / 1000) ms, comes back empty"
            case .topicLost(let topic): "the topic \(topic) is lost"
            case .databaseAway(let time): "Postgres away for \(time / 1000) ms"
            case .requestLost: "request lost"
            case .answerLost: "answer lost"
            case .requestLate(let time): "connection lost, and the request takes effect \(time / 1000) ms later"
            case .transient: "transient failure"
            case .slow(let time): "request takes \(time / 1000) ms"
            case .slowAnswer(let time): "answer takes \(time / 1000) ms"
            case .acknowledgementLost: "acknowledgement lost"
            case .produceLost: "records lost on the way"
            case .produceLate(let time): "records arrive after \(time / 1000) ms"
            case .producerLost: "the producer can't go on"
            case .foreignWrite: "somebody else writes a state"
            case .deploy: "another package is deployed"
            case .redrive: "a dead letter is redriven"
            }
        }
    }

    /// Whom it concerns.
    enum Role: CustomStringConvertible, Equatable {
        case worker(Int)
        case router
        case relay
        /// Who made the commit that triggers it.
        case committer

        var description: String {
            switch self {
            case .worker(let number): "worker \(number)"
            case .router: "the router"
            case .relay: "the relay"
            case .committer: "the worker that committed"
            }
        }
    }

    var number: Int
    var trigger: Trigger
    var kind: Kind

    var description: String { "f\(number): \(kind) \(trigger)" }
}
