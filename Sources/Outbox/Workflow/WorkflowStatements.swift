import MeshCore
import Postgres

/// The statements about workflows; the work is in the functions of `0016_workflows.sql`.
enum WorkflowStatement {
    static let readRows = Statement(
        "read workflows",
        "SELECT r.place, \(WorkflowRow.columns("r.workflow")) FROM mesh.read_workflows($1::text[], $2::text[]) r")
    static let readJournals = Statement(
        "read journals",
        "SELECT r.place, \(JournalEntry.columns("r.entry")) FROM mesh.read_journals($1::text[], $2::text[]) r")
    static let readSchedules = Statement(
        "read schedules",
        """
        SELECT r.place, r.is_open, \(ScheduleRow.columns("r.schedule"))
        FROM mesh.read_schedules($1::text[], $2::text[]) r
        """)
    static let dueTimers = Statement(
        "due timers",
        """
        SELECT t.id, t.run, t.op, t.attempt, t.kind, t.due
        FROM mesh.due_timers($1::text, $2::int4, $3::timestamptz, $4::int8, $5::text[]) t
        """)
    static let nextTimer = Statement(
        "next timer", "SELECT mesh.next_timer($1::text, $2::int4, $3::timestamptz)")
    static let openDigests = Statement("open digests", "SELECT service, digest FROM mesh.open_digests()")

    static let writeRows = Statement(
        "write workflows",
        """
        SELECT mesh.write_workflows($1::text[], $2::text[], $3::int8[], $4::text[], $5::text[], $6::int4[], $7::text[], $8::text[],
            $9::int8[], $10::text[], $11::timestamptz[], $12::int4[], $13::text[], $14::text[], $15::timestamptz[],
            $16::timestamptz[], $17::timestamptz[], $18::text[], $19::text[])
        """)
    static let writeJournal = Statement(
        "write journal",
        """
        INSERT INTO mesh.journal (slot, service, id, seq, run, kind, op, name, label, key, request, result, details, due, attempt, at, state)
        SELECT (SELECT r.active FROM mesh.rotation r WHERE r.name = 'journal'), u.service, u.id, u.seq, u.run, u.kind, u.op, u.name,
            u.label, u.key, u.request::json, u.result::json, u.details::json, u.due, u.attempt, u.at, u.state::json
        FROM unnest($1::text[], $2::text[], $3::int8[], $4::int4[], $5::text[], $6::int4[], $7::text[], $8::text[], $9::text[],
            $10::text[], $11::text[], $12::text[], $13::timestamptz[], $14::int4[], $15::timestamptz[], $16::text[])
            u(service, id, seq, run, kind, op, name, label, key, request, result, details, due, attempt, at, state)
        """)
    static let addTimers = Statement(
        "add timers",
        """
        SELECT mesh.add_timers($1::text, $2::int4, $3::text[], $4::int4[], $5::int4[], $6::int4[], $7::text[], $8::timestamptz[])
        """)
    static let removeTimers = Statement(
        "remove timers",
        """
        SELECT mesh.remove_timers($1::text, $2::int4, $3::text[], $4::int4[], $5::int4[], $6::int4[], $7::text[],
            $8::timestamptz[])
        """)
    static let writeSchedules = Statement(
        "write schedules",
        """
        SELECT mesh.write_schedules($1::text[], $2::text[], $3::text[], $4::text[], $5::bool[], $6::timestamptz[],
            $7::timestamptz[], $8::timestamptz[], $9::text[], $10::int8[], $11::int8[])
        """)
    static let endScheduled = Statement(
        "end scheduled calls", "SELECT mesh.end_scheduled($1::text[], $2::text[], $3::timestamptz[])")
}

extension WorkflowRow {
    /// The columns that `init(_:at:)` reads, in its order, of a composite value.
    static func columns(_ value: String) -> String {
        [
            "service", "id", "method", "status", "run", "digest", "version", "next_seq", "waiting_for",
            "waiting_since", "attempt", "parent_service", "parent_id", "started_at", "updated_at", "ended_at",
            "result", "error",
        ].map { "(\(value)).\($0)" }.joined(separator: ", ")
    }

    init(_ row: PostgresRow, at first: Int) throws(PostgresError) {
        var parent: WorkflowID?
        if let service = try row.textIfAny(first + 11) {
            parent = WorkflowID(service: service, key: try row.text(first + 12))
        }
        let status = try Status(stored: row.text(first + 3))
        self.init(
            id: WorkflowID(service: try row.text(first), key: try row.text(first + 1)),
            method: try row.text(first + 2), status: status, run: try row.int32(first + 4),
            digest: try row.text(first + 5), version: try row.text(first + 6), nextSequence: try row.int64(first + 7),
            waitingFor: try row.textIfAny(first + 8), waitingSince: try row.timestampIfAny(first + 9),
            attempt: try row.int32(first + 10), parent: parent, startedAt: try row.timestamp(first + 13),
            updatedAt: try row.timestamp(first + 14), endedAt: try row.timestampIfAny(first + 15),
            result: try row.bytesIfAny(first + 16), error: try row.bytesIfAny(first + 17))
    }
}

extension JournalEntry {
    /// The columns that `init(_:at:)` reads, in its order, of a composite value.
    static func columns(_ value: String) -> String {
        [
            "seq", "run", "kind", "op", "name", "label", "key", "request", "result", "details", "due", "attempt", "at",
            "state",
        ].map { "(\(value)).\($0)" }.joined(separator: ", ")
    }

    init(_ row: PostgresRow, at first: Int) throws(PostgresError) {
        let kind = try row.text(first + 2)
        guard let kind = Kind(rawValue: kind) else {
            throw PostgresError(.value, "mesh.journal has the kind \(kind), which this version doesn't know")
        }
        self.init(
            sequence: try row.int64(first), run: try row.int32(first + 1), kind: kind, op: try row.int32(first + 3),
            name: try row.textIfAny(first + 4), label: try row.textIfAny(first + 5), key: try row.textIfAny(first + 6),
            request: try row.bytesIfAny(first + 7), result: try row.bytesIfAny(first + 8),
            details: try row.bytesIfAny(first + 9), state: try row.bytesIfAny(first + 13),
            due: try row.timestampIfAny(first + 10), attempt: try row.int32(first + 11),
            at: try row.timestamp(first + 12))
    }
}

extension WorkflowTimer {
    /// Reads id, run, op, attempt, kind, due.
    init(_ row: PostgresRow, service: String) throws(PostgresError) {
        let kind = try row.text(4)
        guard let kind = Kind(rawValue: kind) else {
            throw PostgresError(.value, "mesh.timer has the kind \(kind), which this version doesn't know")
        }
        self.init(
            workflow: WorkflowID(service: service, key: try row.text(0)),
            operation: WorkflowOperation(run: try row.int32(1), op: try row.int32(2), attempt: try row.int32(3)),
            kind: kind, due: try row.timestamp(5))
    }
}

extension ScheduleRow {
    static func columns(_ value: String) -> String {
        [
            "service", "method", "cron", "timezone", "is_paused", "next_due", "last_due", "last_fired_at", "last_id",
            "last_ended_at", "fired", "skipped",
        ].map { "(\(value)).\($0)" }.joined(separator: ", ")
    }

    init(_ row: PostgresRow, at first: Int) throws(PostgresError) {
        self.init(
            service: try row.text(first), method: try row.text(first + 1), cron: try row.text(first + 2),
            timezone: try row.text(first + 3), isPaused: try row.bool(first + 4),
            nextDue: try row.timestampIfAny(first + 5), lastDue: try row.timestampIfAny(first + 6),
            lastFiredAt: try row.timestampIfAny(first + 7), lastID: try row.textIfAny(first + 8),
            lastEndedAt: try row.timestampIfAny(first + 9), fired: try row.int64(first + 10),
            skipped: try row.int64(first + 11))
    }
}

extension [WorkflowWrite] {
    /// The parameters of `writeRows`.
    var rowArrays: [PostgresValue] {
        var services = PostgresColumn.texts(capacity: count)
        var ids = PostgresColumn.texts(capacity: count)
        var expected = PostgresColumn.int64s(capacity: count)
        var methods = PostgresColumn.texts(capacity: count)
        var statuses = PostgresColumn.texts(capacity: count)
        var runs = PostgresColumn.int32s(capacity: count)
        var digests = PostgresColumn.texts(capacity: count)
        var versions = PostgresColumn.texts(capacity: count)
        var sequences = PostgresColumn.int64s(capacity: count)
        var waits = PostgresColumn.texts(capacity: count)
        var waitsSince = PostgresColumn.timestamps(capacity: count)
        var attempts = PostgresColumn.int32s(capacity: count)
        var parentServices = PostgresColumn.texts(capacity: count)
        var parentKeys = PostgresColumn.texts(capacity: count)
        var starts = PostgresColumn.timestamps(capacity: count)
        var updates = PostgresColumn.timestamps(capacity: count)
        var ends = PostgresColumn.timestamps(capacity: count)
        var results = PostgresColumn.texts(capacity: count)
        var errors = PostgresColumn.texts(capacity: count)
        for index in indices {
            let row = self[index].row
            services.append(row.id.service)
            ids.append(row.id.key)
            expected.append(self[index].expectedSequence)
            methods.append(row.method)
            statuses.append(row.status.rawValue)
            runs.append(row.run)
            digests.append(row.digest)
            versions.append(row.version)
            sequences.append(row.nextSequence)
            waits.append(row.waitingFor?.withoutNUL)
            waitsSince.append(row.waitingSince)
            attempts.append(row.attempt)
            parentServices.append(row.parent?.service)
            parentKeys.append(row.parent?.key)
            starts.append(row.startedAt)
            updates.append(row.updatedAt)
            ends.append(row.endedAt)
            results.append(row.result)
            errors.append(row.error)
        }
        return [
            services.value(), ids.value(), expected.value(), methods.value(), statuses.value(), runs.value(),
            digests.value(), versions.value(), sequences.value(), waits.value(), waitsSince.value(), attempts.value(),
            parentServices.value(), parentKeys.value(), starts.value(), updates.value(), ends.value(), results.value(),
            errors.value(),
        ]
    }

    /// The parameters of `writeJournal`.
    var journalArrays: [PostgresValue] {
        let count = reduce(0) { $0 + $1.entries.count }
        var services = PostgresColumn.texts(capacity: count)
        var ids = PostgresColumn.texts(capacity: count)
        var sequences = PostgresColumn.int64s(capacity: count)
        var runs = PostgresColumn.int32s(capacity: count)
        var kinds = PostgresColumn.texts(capacity: count)
        var ops = PostgresColumn.int32s(capacity: count)
        var names = PostgresColumn.texts(capacity: count)
        var labels = PostgresColumn.texts(capacity: count)
        var keys = PostgresColumn.texts(capacity: count)
        var requests = PostgresColumn.texts(capacity: count)
        var results = PostgresColumn.texts(capacity: count)
        var details = PostgresColumn.texts(capacity: count)
        var dues = PostgresColumn.timestamps(capacity: count)
        var attempts = PostgresColumn.int32s(capacity: count)
        var times = PostgresColumn.timestamps(capacity: count)
        var states = PostgresColumn.texts(capacity: count)
        for index in indices {
            let owner = self[index].row.id
            for entry in self[index].entries {
                services.append(owner.service)
                ids.append(owner.key)
                sequences.append(entry.sequence)
                runs.append(entry.run)
                kinds.append(entry.kind.rawValue)
                ops.append(entry.op)
                names.append(entry.name)
                labels.append(entry.label?.withoutNUL)
                keys.append(entry.key)
                requests.append(entry.request)
                results.append(entry.result)
                details.append(entry.details)
                dues.append(entry.due)
                attempts.append(entry.attempt)
                times.append(entry.at)
                states.append(entry.state)
            }
        }
        return [
            services.value(), ids.value(), sequences.value(), runs.value(), kinds.value(), ops.value(), names.value(),
            labels.value(), keys.value(), requests.value(), results.value(), details.value(), dues.value(),
            attempts.value(), times.value(), states.value(),
        ]
    }
}

extension Collection<WorkflowTimer> {
    var arrays: [PostgresValue] {
        [
            .texts(map(\.workflow.key)), .int32s(map { Int32?($0.operation.run) }),
            .int32s(map { Int32?($0.operation.op) }), .int32s(map { Int32?($0.operation.attempt) }),
            .texts(map(\.kind.rawValue)), .timestamps(map { Timestamp?($0.due) }),
        ]
    }
}

extension Collection<ScheduleRow> {
    var arrays: [PostgresValue] {
        var values: [PostgresValue] = []
        values.append(.texts(map(\.service)))
        values.append(.texts(map(\.method)))
        values.append(.texts(map(\.cron)))
        values.append(.texts(map(\.timezone)))
        values.append(.bools(map { Bool?($0.isPaused) }))
        values.append(.timestamps(map(\.nextDue)))
        values.append(.timestamps(map(\.lastDue)))
        values.append(.timestamps(map(\.lastFiredAt)))
        values.append(.texts(map(\.lastID)))
        values.append(.int64s(map(\.fired)))
        values.append(.int64s(map(\.skipped)))
        return values
    }
}
