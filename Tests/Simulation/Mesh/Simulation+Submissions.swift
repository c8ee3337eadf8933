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
        case .router(let repeats): ask(message, topic, key: repeats ? "key-\(spec.id)" : nil, attempt: 1)
        case .sql(let openFor):
            world.after(openFor) {
                self.database.emit(RelayedMessage(topic: topic, message: message))
                self.model.accepted(spec.id)
            }
        case .outside where plan.isVolatile:
            // With a broker that forgets, what somebody else wrote is nobody's to keep.
            ask(message, topic, key: "key-\(spec.id)", attempt: 1)
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
    private func ask(_ message: Message, _ topic: String, key: String?, attempt: Int) {
        let job = SimGuests.id(in: message.data)
        guard let router, !router.process.isDead else {
            if attempt < 60 {
                world.after(500_000) { self.ask(message, topic, key: key, attempt: attempt + 1) }
            }
            return
        }
        let answer = Answer()
        if key != nil {
            world.after(9_000_000) {
                if !answer.hasCome, attempt < 60 { self.ask(message, topic, key: key, attempt: attempt + 1) }
            }
        }
        var again = message
        // A repeated request is a new call to the router: only its key is the same.
        if attempt > 1, key != nil { again.id += "-\(attempt)" }
        router.accept(
            IngressMessage(
                topic: topic, partition: partition(of: message), message: again,
                idempotency: key.map { Idempotency(scope: "sim", key: $0, bodyHash: [1]) })
        ) { outcome in
            answer.hasCome = true
            switch outcome {
            case .success(.accepted), .success(.repeated): if let job { self.model.promised(job) }
            case .success(.conflict): self.model.fail("I1", "the key of \(message.id) is in conflict with itself")
            case .failure:
                if key != nil, attempt < 60 {
                    self.world.after(500_000) { self.ask(message, topic, key: key, attempt: attempt + 1) }
                }
            }
        }
    }

    /// Whether a client has its answer. Unchecked: there is one thread.
    private final class Answer: @unchecked Sendable { var hasCome = false }

    /// Tells a workflow that waits for it to go on.
    func poke(_ workflow: WorkflowID) {
        let message = guests.poke(workflow, at: Timestamp(microseconds: world.now))
        ask(message, workflow.service, key: nil, attempt: 60)
    }
}
