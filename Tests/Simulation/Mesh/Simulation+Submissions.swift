import Kafka
import MeshCore

@testable import Outbox

extension Simulation {
    /// Lets a message come from outside.
    func submit(_ submission: Plan.Submission) {
        guard let spec = plan.jobs[submission.job] else { return }
        let message = guests.message(of: spec, id: "id-\(spec.id)", at: Timestamp(microseconds: world.now))
        let topic = guests.topic(of: spec)
        switch submission.way {
        case .router(let repeats, let awaits):
            ask(message, topic, key: repeats ? "key-\(spec.id)" : nil, awaits: awaits, attempt: 1)
        case .sql(let openFor):
            world.after(openFor) {
                self.database.emit(RelayedMessage(topic: topic, message: message))
                self.model.accepted(spec.id)
            }
        case .outside where plan.isVolatile:
            // With a broker that forgets, what somebody else wrote is nobody's to keep.
            ask(message, topic, key: "key-\(spec.id)", awaits: false, attempt: 1)
        case .outside(let times):
            for number in 0..<times {
                world.after(number == 0 ? 0 : world.duration(0...2_000_000)) { self.write(message, topic, attempt: 1) }
            }
        }
    }

    /// Somebody else's producer: it tries until the broker has it.
    private func write(_ message: Message, _ topic: String, attempt: Int) {
        let place = TopicPartition(topic, partition(of: message))
        let record = OutgoingRecord(
            topic: topic, partition: place.partition, key: message.key.map { Array($0.utf8) }, value: message.data,
            headers: MessageCodec.fields(of: message, stamp: nil).map { KafkaHeader($0.name, $0.value) })
        guard broker.append([record]) == nil else {
            world.after(300_000) { self.write(message, topic, attempt: attempt + 1) }
            return
        }
        if let job = SimGuests.id(in: message.data) { model.accepted(job) }
    }

    func partition(of message: Message) -> Int32 {
        Partitioner.partition(of: message.key ?? message.id, count: plan.partitions)
    }

    /// A client asks the router that there is; with a key it asks again until it gets an answer.
    private func ask(_ message: Message, _ topic: String, key: String?, awaits: Bool, attempt: Int) {
        @Sendable func again(after time: Int64) {
            guard attempt < 60 else { return }
            world.after(time) { self.ask(message, topic, key: key, awaits: awaits, attempt: attempt + 1) }
        }
        guard let router, !router.process.isDead, !awaits || router.hearsAnswers else { return again(after: 500_000) }
        let answer = Answer()
        if key != nil { world.after(9_000_000) { if !answer.hasCome { again(after: 0) } } }
        var repeated = message
        // A repeated request is a new call to the router: only its key is the same.
        if attempt > 1, key != nil { repeated.id += "-\(attempt)" }
        // Of the calls that nobody waits for, some are to be sent later.
        if !awaits, message.type.contains("/"), let job = SimGuests.id(in: message.data) {
            repeated.extensions.due = SimCode.due(of: job, at: Timestamp(microseconds: world.now))
        }
        let call = IngressMessage(
            topic: topic, partition: partition(of: message), message: repeated,
            idempotency: key.map { Idempotency(scope: "sim", key: $0, bodyHash: [1]) })
        if awaits {
            waitForAnswer(to: call, router, answer) { if key != nil { again(after: 500_000) } }
        } else {
            router.accept(call) { outcome in
                answer.hasCome = true
                switch outcome {
                case .success(.accepted), .success(.delayed), .success(.repeated):
                    if let job = SimGuests.id(in: message.data) { self.model.promised(job) }
                case .success(.conflict): self.model.fail("I1", "the key of \(message.id) is in conflict with itself")
                case .failure: if key != nil { again(after: 500_000) }
                }
            }
        }
    }

    /// As above, with a client that waits for what becomes of its call.
    private func waitForAnswer(
        to call: IngressMessage, _ router: SimRouter, _ answer: Answer, refused: @escaping @Sendable () -> Void
    ) {
        guard let job = SimGuests.id(in: call.message.data) else { return }
        let id = call.message.id
        openCalls[id] = OpenCall(router: router, tenure: router.tenures, brokerEpoch: database.brokerEpoch)
        router.call(call) { result in
            answer.hasCome = true
            self.openCalls[id] = nil
            switch result {
            case .success(let (earlier, outcome)):
                self.model.promised(job)
                self.model.answered(job, call: earlier, outcome, self.database)
            case .failure(let error):
                self.world.note("the call \(id) fails: \(error)")
                refused()
            }
        }
    }

    /// A client that waits for the answer to its call.
    struct OpenCall {
        var router: SimRouter
        /// What the router and the broker were like when it began: where they aren't any more, the answer may have passed unheard.
        var tenure: Int
        var brokerEpoch: Int64
    }

    /// The first call whose answer must have come and hasn't.
    var unansweredCall: String? {
        openCalls.filter { _, call in
            !call.router.process.isDead && call.router.tenures == call.tenure
                && database.brokerEpoch == call.brokerEpoch
        }.keys.min().map { "the call \($0) was never answered" }
    }

    /// Whether a client has its answer. Unchecked: there is one thread.
    private final class Answer: @unchecked Sendable { var hasCome = false }

    /// Tells a workflow that waits for it to go on.
    func poke(_ workflow: WorkflowID) {
        let message = guests.poke(workflow, at: Timestamp(microseconds: world.now))
        ask(message, workflow.service, key: nil, awaits: false, attempt: 60)
    }
}
