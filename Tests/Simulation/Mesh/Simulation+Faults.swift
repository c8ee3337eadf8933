import MeshCore

@testable import Outbox

extension Simulation {
    /// Lets a fault take place.
    func perform(_ fault: Fault, committer: SimProcess?) {
        world.note("fault \(fault)")
        performed[fault.kind.name, default: 0] += 1
        switch fault.kind {
        case .crash(let role, let restart): crash(role, committer, restart)
        case .pause(let role, let time): pause(role, committer, time)
        case .rebalance: broker.rebalance()
        case .claimBehind:
            for place in database.positions.keys { database.raiseEpoch(of: place) }
            database.leaseAllReplies()
        case .brokerAway(let time): broker.goAway(for: time, isEmpty: false)
        case .brokerEmpty(let time): broker.goAway(for: time, isEmpty: true)
        case .topicLost(let topic): broker.lose(topic)
        case .databaseAway(let time): databaseAwayUntil = max(databaseAwayUntil, world.now + time)
        case .foreignWrite: writeAsSomebodyElse()
        case .deploy: deploy()
        case .redrive: redrive()
        case .requestLost, .answerLost, .requestLate, .transient, .slow, .slowAnswer, .acknowledgementLost,
            .produceLost, .producerLost,
            .produceLate:
            break
        }
    }

    private func process(_ role: Fault.Role, _ committer: SimProcess?) -> SimProcess? {
        switch role {
        case .worker(let index): workers[index]?.process
        case .router: router?.process
        case .relay: relay?.process
        case .committer: committer
        }
    }

    private func crash(_ role: Fault.Role, _ committer: SimProcess?, _ restart: Int64) {
        guard let process = process(role, committer), !process.isDead else { return }
        process.die()
        world.note("\(process.name) died")
        if let index = workers.firstIndex(where: { $0?.process === process }) {
            broker.lost(process)
            world.after(restart) { self.startWorker(index) }
        } else if router?.process === process {
            world.after(restart) { self.startRouter() }
        } else if relay?.process === process {
            world.after(restart) { self.startRelay() }
        }
    }

    private func pause(_ role: Fault.Role, _ committer: SimProcess?, _ time: Int64) {
        guard let process = process(role, committer), !process.isDead, !process.isPaused else { return }
        process.pause()
        broker.paused(process)
        world.after(time) {
            guard !process.isDead else { return }
            self.world.note("\(process.name) goes on")
            process.resume(in: self.world)
            self.broker.resumed(process)
        }
    }

    /// What `DeadLetterStore.redrive` does; of an event first, since that must reach one of its listeners only.
    private func redrive() {
        let letters = database.deadLetters
        let events = letters.indices.filter { !(letters[$0].type?.contains("/") ?? true) }
        guard let place = (events.isEmpty ? Array(letters.indices) : events).randomElement(using: &world.random)
        else { return }
        let letter = database.deadLetters.remove(at: place)
        guard case .success(let message) = letter.redrivable else { return }
        model.redriven(message, for: letter.place.group)
        database.emit(RelayedMessage(topic: letter.place.topic, message: message))
    }

    /// Until all know of it, workflows that began with the new package meet workers that haven't got it.
    private func deploy() {
        packages += 1
        for worker in workers {
            guard let worker, !worker.process.isDead else { continue }
            world.after(world.duration(1000...1_500_000), worker.process) {
                worker.serve(self.guests.catalog(packages: self.packages))
            }
        }
    }

    /// A row's version moves on, its content stays.
    private func writeAsSomebodyElse() {
        guard let key = database.state.keys.sorted().randomElement(using: &world.random) else { return }
        database.state[key]?.version += 1
    }
}
