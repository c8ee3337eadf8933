import MeshCore
import Outbox
import Schemas
import Wasm
import Workflows

/// The decisions about one schedule: when it fires, what it calls, what it leaves out.
///
/// A pure value over its row. The row's `nextDue` and its timer in `mesh.timer` are written together, so a timer that isn't of that time is an old one.
struct Schedule {
    let service: String
    let method: String
    /// As deployed; nil where the method has no schedule any more.
    let policy: SchedulePolicy?
    let isWorkflow: Bool
    let now: Timestamp
    private var row: ScheduleRow?
    private let before: ScheduleRow?
    private(set) var effects = ScheduleEffects()
    /// Why the schedule can't be followed here.
    private(set) var problem: MeshError?

    init(
        service: String, method: String, policy: SchedulePolicy?, isWorkflow: Bool, known: LoadedSchedule?,
        now: Timestamp
    ) {
        self.service = service
        self.method = method
        self.policy = policy
        self.isWorkflow = isWorkflow
        self.now = now
        row = known?.row
        before = row
        effects.isOpen = known?.isOpen ?? false
    }

    /// Takes up what is deployed: a schedule that is new, changed, or gone.
    mutating func look() {
        guard let policy else {
            plan(nil)
            return store()
        }
        let isNew = row == nil || row?.cron != policy.cron || row?.timezone != policy.timezone
        var current =
            row ?? ScheduleRow(service: service, method: method, cron: policy.cron, timezone: policy.timezone)
        current.cron = policy.cron
        current.timezone = policy.timezone
        row = current
        if current.isPaused {
            plan(nil)
        } else if isNew || current.nextDue == nil || isPlannedTooLate() {
            plan(next(after: present))
        }
        store()
    }

    /// Whether a fire is to come before the one that is planned: that was planned by a clock that was ahead, and until then there would be none.
    private mutating func isPlannedTooLate() -> Bool {
        guard let planned = row?.nextDue, let next = next(after: present) else { return false }
        return next < planned
    }

    /// Now, or the last fire's time where that is ahead by a moment, by the clock of another worker: it isn't to come again.
    private var present: Timestamp {
        guard let last = row?.lastDue, last < now.advanced(by: Schedule.promptness) else { return now }
        return max(now, last)
    }

    /// A timer is never read at the very time that it is for: what comes within this hasn't been missed.
    private static let promptness = Duration.seconds(5)

    /// The time that the row expects has come.
    mutating func fire(at due: Timestamp) {
        guard var current = row, current.nextDue == due else { return }
        guard let policy else {
            // The timer is gone with this, so nothing may be planned: else the schedule would never be planned again when it is back.
            plan(nil)
            return store()
        }
        // What was missed isn't made up for but for the latest, and that only while it is fresh.
        let latest = cron?.last(after: due, upTo: now) ?? due
        let isStale = now.microseconds - latest.microseconds > max(policy.catchUp, Schedule.promptness).microseconds
        let endsLast = effects.isOpen && isWorkflow && policy.overlap == .cancel
        let isLeftOut = isStale || policy.overlap != .allow && !endsLast && (effects.isOpen || wasOpen(at: latest))
        current.skipped += missed(from: due, before: latest) + (isLeftOut ? 1 : 0)
        row = current
        if !isLeftOut, endsLast {
            // It starts when the other has ended; that is looked for again and again.
            if cron?.last(after: Timestamp(microseconds: due.microseconds - 1), upTo: due) == due { cancelLast() }
            plan(now.advanced(by: .seconds(1)))
            return store()
        }
        if !isLeftOut { call(for: scheduled(latest)) }
        plan(next(after: max(now, latest)))
        store()
    }

    /// `{"order":"pause"}`, `resume` or `trigger`.
    mutating func take(order data: [UInt8]) {
        guard let order = JSONMembers(data)?.string("order") else {
            effects.error = MeshError(.invalidRequest, "an order is a JSON object with `order`")
            return
        }
        guard policy != nil else {
            effects.error = MeshError(.notFound, "\(service)/\(method) has no schedule")
            return
        }
        look()
        switch order {
        case "pause":
            row?.isPaused = true
            plan(nil)
        case "resume":
            guard row?.isPaused ?? false else { break }
            row?.isPaused = false
            plan(next(after: now))
        case "trigger":
            // Beside a workflow that the schedule began and that is open, which the next fire asks for.
            if isWorkflow, effects.isOpen { begin(for: now) } else { call(for: now) }
        default:
            effects.error = MeshError(
                .invalidRequest,
                "there is no order \"\(order.prefix(50))\" for a schedule; there are pause, resume and trigger")
        }
        store()
    }

    /// More of them aren't counted: after a year each minute would be gone through.
    private static let missedMax: Int64 = 10_000

    /// How many fires there are from `due` on, which counts as one, before the latest.
    private func missed(from due: Timestamp, before latest: Timestamp) -> Int64 {
        let cron = cron
        var count: Int64 = 0
        var next: Timestamp? = due
        while let fire = next, fire < latest, count < Schedule.missedMax {
            count += 1
            next = cron?.next(after: fire)
        }
        return count
    }

    /// The time by the schedule of what is due; it was put off from second to second while the call before was being ended.
    private func scheduled(_ due: Timestamp) -> Timestamp {
        row?.lastDue.flatMap { cron?.last(after: $0, upTo: due) } ?? due
    }

    /// Whether a handler's last call was open at a time: the timer waits behind it, being of the same key, and comes when it is done with.
    private func wasOpen(at time: Timestamp) -> Bool {
        guard let fired = row?.lastFiredAt, let ended = row?.lastEndedAt else { return false }
        return fired <= time && time < ended
    }

    // MARK: Parts

    private var cron: CronSchedule? {
        guard let policy else { return nil }
        return try? CronSchedule(cron: policy.cron, timezone: policy.timezone)
    }

    private mutating func next(after time: Timestamp) -> Timestamp? {
        guard let policy else { return nil }
        do throws(MeshError) {
            return try CronSchedule(cron: policy.cron, timezone: policy.timezone).next(after: time)
        } catch {
            problem = error
            return nil
        }
    }

    private mutating func plan(_ due: Timestamp?) { row?.nextDue = due }

    /// Calls the method. A workflow gets an id of its own, and so does a handler whose calls may overlap; else a handler has one key
    /// for all calls, so that they follow each other.
    private mutating func call(for due: Timestamp) {
        let key = begin(for: due)
        row?.lastID = key
        row?.lastDue = due
        row?.lastFiredAt = now
        effects.isOpen = true
    }

    /// The same, without taking it for the schedule's last call. Returns its key.
    @discardableResult
    private mutating func begin(for due: Timestamp) -> String {
        let mayOverlap = isWorkflow || policy?.overlap == .allow
        // A time that comes again, since the clock went back, has had its workflow.
        let again = row?.lastDue.map { due <= $0 } ?? false ? "/\((row?.fired ?? 0) + 1)" : ""
        let key = mayOverlap ? "\(method)/\(due.iso8601)\(again)" : ScheduleRow.keyPrefix + method
        effects.messages.append(
            OutgoingMessage(
                Message(
                    id: MessageID.make(at: now), type: "\(service)/\(method)", source: "/" + service, time: now,
                    key: key, data: Array("{}".utf8), extensions: MessageExtensions(caller: service))))
        row?.fired += 1
        return key
    }

    private mutating func cancelLast() {
        guard let last = row?.lastID else { return }
        effects.messages.append(
            WorkflowOrder.cancel(reason: "its schedule has come again", caller: nil)
                .message(to: WorkflowID(service: service, key: last), from: "/" + service, at: now))
    }

    /// What the row and its timer have to become.
    private mutating func store() {
        guard let row, row != before else {
            effects.row = nil
            return
        }
        effects.row = row
        effects.timersRemoved = before?.nextDue.map { [timer(at: $0)] } ?? []
        effects.timersAdded = row.nextDue.map { [timer(at: $0)] } ?? []
    }

    private func timer(at due: Timestamp) -> WorkflowTimer {
        WorkflowTimer(
            workflow: ScheduleRow.key(service, method), operation: WorkflowOperation(run: 1, op: 0), kind: .schedule,
            due: due)
    }
}

extension Duration {
    fileprivate var microseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }
}
