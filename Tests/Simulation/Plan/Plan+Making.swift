import TestSupport

extension Plan {
    /// The plan of a seed: always the same one.
    static func make(seed: UInt64) -> Plan {
        var maker = PlanMaker(seed: seed)
        return maker.plan()
    }
}

/// Makes plans up.
private struct PlanMaker {
    var random: Seed
    let seed: UInt64
    var jobs: [String: JobSpec] = [:]
    /// Few, so that messages meet.
    let keyCount: Int
    let horizon: Int64
    var submissionCount = 1

    init(seed: UInt64) {
        self.seed = seed
        random = Seed(value: seed)
        keyCount = random.integer(in: 1...6)
        horizon = Int64(random.integer(in: 200...5000)) * 1000
    }

    mutating func plan() -> Plan {
        let isVolatile = random.chance(0.4)
        let workers = random.integer(in: 1...3)
        var submissions: [Plan.Submission] = []
        submissionCount = random.integer(in: 3...40)
        for number in 0..<submissionCount { submissions.append(submission(number)) }
        var faults: [Fault] = []
        if !random.chance(0.05) {
            for number in 0..<random.integer(in: 1...14) {
                faults.append(fault(number, workers: workers, isVolatile: isVolatile))
            }
        }
        if isVolatile, random.chance(0.5) {
            // What is on its way when the broker loses everything is what makes that hard.
            let number = faults.count
            faults.append(
                Fault(
                    number: number, trigger: .produce(random.integer(in: 1...40)), kind: .produceLate(slowness())))
            faults.append(
                Fault(
                    number: number + 1, trigger: .commit(random.integer(in: 3...40)),
                    kind: .brokerEmpty(away: Int64(random.integer(in: 0...500)) * 1000)))
        }
        return Plan(
            seed: seed, partitions: Int32(random.integer(in: 1...3)), workers: workers, isVolatile: isVolatile,
            submissions: submissions, faults: faults, jobs: jobs)
    }

    private mutating func pick<Value>(_ values: [Value]) -> Value { values[random.integer(in: 0...values.count - 1)] }

    private mutating func key() -> String { "k\(random.integer(in: 1...keyCount))" }

    private mutating func service() -> JobSpec.Service { random.chance(0.5) ? .left : .right }

    // MARK: Messages

    private mutating func submission(_ number: Int) -> Plan.Submission {
        let id = "m\(number)"
        let way: Plan.Submission.Way =
            switch random.integer(in: 0...9) {
            case 0...2: .router(repeats: true, awaits: random.chance(0.6))
            case 3, 4: .router(repeats: false, awaits: random.chance(0.6))
            case 5...7: .sql(openFor: Int64(random.integer(in: 0...60)) * 1000)
            default: .outside(times: random.integer(in: 1...2))
            }
        let isFlow = random.chance(0.25)
        if isFlow {
            flow(id)
        } else if random.chance(0.25), case .sql = way {
            jobs[id] = JobSpec(id: id, key: key(), kind: .told(by: service()), fate: fate())
        } else {
            work(id, service(), depth: 0)
            if case .router(_, awaits: true) = way { jobs[id]?.caller = .client }
        }
        return Plan.Submission(number: number, at: Int64(random.integer(in: 0...Int(horizon))), way: way, job: id)
    }

    private mutating func fate() -> JobSpec.Fate {
        switch random.integer(in: 0...19) {
        case 0: .refuses
        case 1: .traps
        case 2: .poison
        case 3, 4: .retries(random.integer(in: 1...4))
        default: .works
        }
    }

    private mutating func work(_ id: String, _ service: JobSpec.Service, depth: Int) {
        var spec = JobSpec(id: id, key: key(), kind: .work(service), fate: fate())
        let count = depth >= 2 ? 0 : random.integer(in: 0...3)
        for number in 0..<count {
            let child = "\(id).\(number)"
            spec.children.append(child)
            if random.chance(0.5) {
                jobs[child] = JobSpec(
                    id: child, key: random.chance(0.6) ? spec.key : key(), kind: .told(by: service), fate: fate())
            } else {
                work(child, service.other, depth: depth + 1)
                if random.chance(0.6) { jobs[child]?.key = spec.key }
            }
        }
        jobs[id] = spec
    }

    private mutating func flow(_ id: String) {
        let service = service()
        var steps: [JobSpec.Step] = []
        for number in 0..<random.integer(in: 1...6) {
            let child = "\(id).\(number)"
            switch random.integer(in: 0...9) {
            case 0, 1:
                local(child, service)
                steps.append(.local(child))
            case 2, 3:
                called(child, service)
                steps.append(.call(child))
            case 4:
                let children = (0..<3).map { "\(child).\($0)" }
                for child in children { called(child, service) }
                steps.append(.fan(children))
            case 5, 6: steps.append(.sleep(milliseconds: random.integer(in: 0...400)))
            case 7:
                jobs[child] = JobSpec(id: child, key: key(), kind: .told(by: service), fate: fate())
                steps.append(.emit(child))
            case 8:
                if random.chance(0.5) {
                    work(child, service.other, depth: 2)
                    steps.append(.send(child))
                } else {
                    called(child, service)
                    steps.append(.race(child, milliseconds: random.integer(in: 0...60)))
                }
            default: steps.append(.receive)
            }
        }
        // Its key is its own: a workflow's id.
        jobs[id] = JobSpec(id: id, key: "w-\(id)", kind: .flow(service, steps))
    }

    private mutating func local(_ id: String, _ service: JobSpec.Service) {
        jobs[id] = JobSpec(
            id: id, key: "", kind: .work(service),
            fate: random.chance(0.2) ? .retries(random.integer(in: 1...2)) : .works)
    }

    private mutating func called(_ id: String, _ service: JobSpec.Service) {
        work(id, service.other, depth: 2)
        jobs[id]?.caller = .workflow
    }

    // MARK: Faults

    private mutating func fault(_ number: Int, workers: Int, isVolatile: Bool) -> Fault {
        let kind: Fault.Kind
        // A second and a half after the beginning schedules fire.
        let moment =
            random.chance(0.2) ? random.integer(in: 900_000...1_800_000) : random.integer(in: 0...Int(horizon) * 3 / 2)
        var trigger = Fault.Trigger.time(Int64(moment))
        let commit = Fault.Trigger.commit(random.integer(in: 1...60))
        switch random.integer(in: 0...20) {
        case 0, 1:
            kind = .crash(.committer, restart: restart())
            trigger = commit
        case 2: kind = .crash(.worker(random.integer(in: 0...workers - 1)), restart: restart())
        case 3, 4:
            kind = .pause(.committer, Int64(random.integer(in: 100...6000)) * 1000)
            trigger = commit
        case 5:
            kind = .pause(.worker(random.integer(in: 0...workers - 1)), Int64(random.integer(in: 100...6000)) * 1000)
        case 6: kind = .crash(random.chance(0.5) ? .router : .relay, restart: restart())
        case 7: kind = .pause(random.chance(0.5) ? .router : .relay, Int64(random.integer(in: 1000...9000)) * 1000)
        case 8, 9:
            kind = random.chance(0.8) ? .rebalance : .claimBehind
            if random.chance(0.6) { trigger = commit }
        case 10:
            if !isVolatile {
                kind = .brokerAway(Int64(random.integer(in: 100...4000)) * 1000)
            } else if random.chance(0.25) {
                kind = .topicLost(random.chance(0.5) ? service().rawValue : service().event)
            } else {
                kind = .brokerEmpty(away: Int64(random.integer(in: 0...2000)) * 1000)
            }
            if random.chance(0.5) { trigger = commit }
        case 11: kind = .databaseAway(Int64(random.integer(in: 50...3000)) * 1000)
        case 12, 13:
            kind = pick([.requestLost, .answerLost, .requestLate(slowness()), .transient])
            // Of all requests few are a router's, whose callers may come again or not.
            trigger =
                random.chance(0.5)
                ? .request(random.integer(in: 1...300)) : .accept(random.integer(in: 1...submissionCount))
        case 14:
            kind = pick([.requestLost, .answerLost, .answerLost, .requestLate(slowness()), .transient])
            trigger = commit
        case 15:
            kind = random.chance(0.5) ? .slow(slowness()) : .slowAnswer(slowness())
            trigger = random.chance(0.5) ? commit : .request(random.integer(in: 1...300))
        case 16, 17:
            kind = pick([.acknowledgementLost, .produceLost, .produceLate(slowness())])
            trigger = .produce(random.integer(in: 1...80))
        case 18:
            kind = .deploy
            if random.chance(0.5) { trigger = commit }
        case 19:
            kind = .producerLost
            trigger = .produce(random.integer(in: 1...80))
        default:
            kind = random.chance(0.5) ? .foreignWrite : .redrive
            if random.chance(0.5) { trigger = commit }
        }
        return Fault(number: number, trigger: trigger, kind: kind)
    }

    private mutating func restart() -> Int64 { Int64(random.integer(in: 1...3000)) * 1000 }
    private mutating func slowness() -> Int64 { Int64(random.integer(in: 20...5000)) * 1000 }
}
