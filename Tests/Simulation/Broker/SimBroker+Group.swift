import Kafka

extension SimBroker {
    func join(_ member: SimConsumer) {
        if !members.contains(where: { $0 === member }) { members.append(member) }
        rebalance()
    }

    /// A member has died: the broker learns of it when its session ends.
    func lost(_ process: SimProcess) {
        guard let member = members.first(where: { $0.process === process }) else { return }
        world.after(sessionTimeout) { self.expel(member) }
    }

    func paused(_ process: SimProcess) {
        guard let member = members.first(where: { $0.process === process }) else { return }
        member.pauses += 1
        let pause = member.pauses
        world.after(sessionTimeout) {
            if process.isPaused, member.pauses == pause { self.expel(member) }
        }
    }

    func resumed(_ process: SimProcess) {
        guard let member = members.first(where: { $0.process === process }) else { return }
        member.learnOfSession()
    }

    private func expel(_ member: SimConsumer) {
        guard !member.isExpelled else { return }
        member.isExpelled = true
        world.note("\(member.process.name) is out of the group")
        if member.process.isDead { members.removeAll { $0 === member } }
        rebalance()
    }

    /// Begins a new generation: everybody gives up what they have, and gets something again once all have.
    func rebalance() {
        generation += 1
        let mine = generation
        world.note("generation \(mine)")
        var longest: Int64 = 0
        for member in members where !member.isExpelled && !member.process.isDead {
            let delay = world.duration(500...120_000)
            longest = max(longest, delay)
            member.give(up: delay, generation: mine)
        }
        world.after(longest + world.duration(1000...50_000)) { self.assign(generation: mine) }
    }

    private func assign(generation mine: Int) {
        guard mine == generation else { return }
        let living = members.filter { !$0.isExpelled && !$0.process.isDead }
        // Who stands still holds everybody up, until its session ends or it goes on; so does a broker that isn't there.
        if isAway || living.contains(where: { $0.process.isPaused || $0.joined != mine }) {
            world.after(100_000) { self.assign(generation: mine) }
            return
        }
        let joined = living.sorted { $0.process.name < $1.process.name }
        guard !joined.isEmpty else { return }
        var shares = Array(repeating: [TopicPartition](), count: joined.count)
        for topic in Set(joined.flatMap(\.topics)).sorted() where topics[topic] != nil {
            let takers = joined.indices.filter { joined[$0].topics.contains(topic) }
            for partition in 0..<partitions {
                // Range: partition i of every topic goes to the same member.
                let taker = takers[Int(partition) * takers.count / Int(partitions)]
                shares[taker].append(TopicPartition(topic, partition))
            }
        }
        for (member, share) in zip(joined, shares) { member.take(share, generation: mine) }
    }
}
