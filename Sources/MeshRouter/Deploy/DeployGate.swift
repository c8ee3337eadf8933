import MeshCore
import Outbox
import Schemas
import Wasm

/// Tries a new package on what is there, before it is put in force: replays open workflows, reads stored state and waiting messages with
/// the new schema. Within a bound of time; what it didn't come to is said.
struct DeployGate: Sendable {
    let stores: RouterStores
    let replayer: Replayer
    /// The digests of the packages in force, by service.
    var inForce: [String: String] = [:]
    /// At most so many workflows and states of each service; nil: all.
    var sample: Int?
    /// For everything together.
    var bound: Duration = .seconds(30)

    /// Journal entries that are read at once.
    private static let pageEntries: Int64 = 20_000
    /// Workflows whose keys are read at once.
    private static let pageWorkflows = 1000
    /// States and messages that are read at once; one may have a mebibyte.
    private static let pageItems = 100
    /// Waiting messages that are looked at, of each service and kind.
    private static let messageLimit = 10_000

    /// `former`: what is deployed now, each service in one schema.
    func examine(_ module: WasmModule, _ schema: MeshSchema, former: [MeshSchema]) async throws -> GateReport {
        let deadline = ContinuousClock.now + bound
        var report = GateReport(sample: sample, bound: bound)
        for service in schema.services {
            let name = service.qualifiedName
            let before = former.first { $0.services.contains { $0.qualifiedName == name } }
            if !service.workflows.isEmpty || before?.hasWorkflows(name) == true {
                let code = try replayer.code(module, schema, service: name)
                report.checks.append(try await workflows(code, until: deadline))
            }
            // A schema that reads whatever the former one could write needs no look at each state. A service that isn't deployed may
            // have been at some time.
            if before.map({ !$0.states(of: name, canBeReadBy: schema) }) ?? true {
                report.checks.append(try await states(service, schema, until: deadline))
            }
            report.checks.append(try await messages(service, schema))
        }
        report.checks.removeAll { $0.checked == 0 && $0.isComplete }
        return report
    }

    // MARK: Workflows

    private func workflows(_ code: ReplayCode, until deadline: ContinuousClock.Instant) async throws -> GateReport.Check
    {
        let name = code.service.qualifiedName
        var check = GateReport.Check(subject: .workflows, service: name)
        check.total = try await stores.workflows.openCount(name, otherThan: code.digest)
        guard check.total ?? 0 > 0 else { return check }
        let secret = try await replayer.randomSecret()
        var after = ""
        while true {
            let ids =
                if let sample {
                    try await stores.workflows.someOpen(name, otherThan: code.digest, sample: sample)
                } else {
                    try await stores.workflows.open(
                        name, otherThan: code.digest, after: after, limit: DeployGate.pageWorkflows)
                }
            for page in DeployGate.pages(ids) {
                let records = try await stores.workflows.records(page)
                // In order, and without those that have ended meanwhile.
                let open = page.compactMap { records[$0] }.filter { $0.row.status.isOpen }
                let (checked, found) = try await replayer.differences(
                    open, code: code, secret: secret, until: deadline)
                check.checked += checked
                // What doesn't go on anyhow isn't broken by the new package; whether that mends it, `workflows upgrade` says.
                let stuck = Set(open.lazy.filter { $0.row.status == .stuck }.map(\.row.id))
                let behind = try await leftBehind(open, found.map(\.id), service: name, secret, until: deadline)
                for (id, difference) in found {
                    if stuck.contains(id) || behind.contains(id) {
                        check.apart += 1
                    } else {
                        check.add(id.key, "\(difference)")
                    }
                }
                guard checked == open.count else {
                    check.isComplete = false
                    return check
                }
            }
            guard sample == nil, ids.count == DeployGate.pageWorkflows, let last = ids.last else { return check }
            after = last.id.key
        }
    }

    /// Those of `ids` with which the package in force can't go on either: an earlier deploy left them on their own, where they finish.
    private func leftBehind(
        _ records: [WorkflowRecord], _ ids: [WorkflowID], service: String, _ secret: [UInt8],
        until deadline: ContinuousClock.Instant
    ) async throws -> Set<WorkflowID> {
        guard !ids.isEmpty, let inForce = inForce[service] else { return [] }
        let others = records.filter { ids.contains($0.row.id) && $0.row.digest != inForce }
        guard !others.isEmpty else { return [] }
        let code = try await replayer.stored(inForce, service: service)
        return Set(try await replayer.differences(others, code: code, secret: secret, until: deadline).found.map(\.id))
    }

    /// As many at once as memory can take.
    private static func pages(_ workflows: [WorkflowAdminStore.OpenWorkflow]) -> [[WorkflowID]] {
        var pages: [[WorkflowID]] = []
        var entries: Int64 = 0
        for workflow in workflows {
            if pages.isEmpty || entries + workflow.entries > pageEntries {
                pages.append([])
                entries = 0
            }
            pages[pages.count - 1].append(workflow.id)
            entries += workflow.entries
        }
        return pages
    }

    // MARK: Data

    private func states(
        _ service: ServiceSchema, _ schema: MeshSchema, until deadline: ContinuousClock.Instant
    ) async throws -> GateReport.Check {
        var check = GateReport.Check(subject: .state, service: service.qualifiedName)
        let shape = ValueShape.state(of: service, in: schema)
        func look(at items: [StoredDataStore.Item]) {
            for item in items {
                check.checked += 1
                guard let shape else {
                    check.add(item.id, "the service keeps no state any more, so that this one is out of reach")
                    continue
                }
                do { try shape.validate(item.data) } catch { check.add(item.id, "\(error)") }
            }
        }
        if let sample {
            var keys = try await stores.stored.someKeys(of: service.qualifiedName, limit: sample)[...]
            while !keys.isEmpty, check.isComplete {
                let page = Array(keys.prefix(DeployGate.pageItems))
                look(at: try await stores.stored.states(of: service.qualifiedName, keys: page))
                keys = keys.dropFirst(page.count)
                check.isComplete = keys.isEmpty || .now <= deadline
            }
            return check
        }
        var after = ""
        while check.isComplete {
            let items = try await stores.stored.states(
                of: service.qualifiedName, after: after, limit: DeployGate.pageItems)
            look(at: items)
            guard items.count == DeployGate.pageItems, let last = items.last else { break }
            after = last.id
            check.isComplete = .now <= deadline
        }
        return check
    }

    private func messages(_ service: ServiceSchema, _ schema: MeshSchema) async throws -> GateReport.Check {
        var check = GateReport.Check(subject: .messages, service: service.qualifiedName)
        // A parked message may be in the outbox still.
        var seen: Set<String> = []
        for waiting in StoredDataStore.Waiting.allCases {
            var (count, place) = (0, StoredDataStore.Place.start)
            while count < DeployGate.messageLimit {
                let page = try await stores.stored.messages(
                    waiting, for: service.qualifiedName, after: place, limit: DeployGate.pageItems)
                for item in page where seen.insert(item.id).inserted {
                    // The mesh's own, which no schema describes.
                    if item.type.hasPrefix("mesh.") { continue }
                    check.checked += 1
                    if let problem = problem(item, service, schema) { check.add("\(item.type) \(item.id)", problem) }
                }
                guard page.count == DeployGate.pageItems, let last = page.last else { break }
                count += page.count
                place = last.place
            }
            // There may be any number of these, for weeks.
            if waiting == .delayed, count >= DeployGate.messageLimit { check.isComplete = false }
        }
        return check
    }

    /// Why a waiting message can't be taken by the new version.
    private func problem(_ item: StoredDataStore.Item, _ service: ServiceSchema, _ schema: MeshSchema) -> String? {
        let shape: ValueShape
        if item.type.hasPrefix(service.qualifiedName + "/") {
            guard let method = service.methods.first(where: { $0.qualifiedName == item.type }) else {
                return "the method is gone"
            }
            shape = ValueShape.arguments(of: method, in: schema)
        } else {
            guard let handler = service.handlers.lazy.compactMap(\.eventHandler).first(where: { $0.event == item.type })
            else { return "the event isn't handled any more" }
            shape = ValueShape.handledEvent(handler, in: schema)
        }
        do {
            try shape.validate(item.data)
            return nil
        } catch {
            return "\(error)"
        }
    }
}

extension MeshSchema {
    fileprivate func hasWorkflows(_ service: String) -> Bool {
        services.first { $0.qualifiedName == service }.map { !$0.workflows.isEmpty } ?? false
    }

    /// Whether each state that this version of a service could store is one of the new version's too.
    fileprivate func states(of service: String, canBeReadBy new: MeshSchema) -> Bool {
        !Compatibility.check(from: self, to: new).contains {
            $0.severity == .breaking && $0.audience == .state && $0.subject.hasPrefix(service)
        }
    }
}
