import MeshCore
import Outbox

extension WorkflowRow {
    /// What `GET /api/v1/workflows` shows of it.
    func write(to writer: inout JSONWriter) {
        writer.object { writeMembers(to: &$0) }
    }

    func writeMembers(to writer: inout JSONWriter) {
        writer.member("service", id.service)
        writer.member("id", id.key)
        writer.member("type", method)
        writer.member("status", status.rawValue)
        writer.member("run", run)
        writer.member("version", version)
        writer.member("digest", digest)
        writer.member("entries", nextSequence - 1)
        writer.member("waitingFor", waitingFor)
        writer.member("waitingSince", waitingSince?.iso8601)
        writer.member("attempt", attempt)
        writer.member("parent") { writer in
            guard let parent else { return writer.raw("null") }
            writer.object { writer in
                writer.member("service", parent.service)
                writer.member("id", parent.key)
            }
        }
        writer.member("startedAt", startedAt.iso8601)
        writer.member("updatedAt", updatedAt.iso8601)
        writer.member("endedAt", endedAt?.iso8601)
        writer.member("result", json: result.map(JournalEntry.text))
        writer.member("error", json: error.map(JournalEntry.text))
    }
}

extension JournalEntry {
    /// What `GET …/journal` shows of it; what it doesn't have isn't a member.
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("seq", sequence)
            writer.member("run", run)
            writer.member("kind", kind.rawValue)
            if op != 0 { writer.member("op", op) }
            if let name { writer.member("name", name) }
            if let label { writer.member("label", label) }
            if let key { writer.member("key", key) }
            if let request { writer.member("request", json: JournalEntry.text(request)) }
            if let result { writer.member("result", json: JournalEntry.text(result)) }
            if let details { writer.member("details", json: JournalEntry.text(details)) }
            if let state { writer.member("state", json: JournalEntry.text(state)) }
            if let due { writer.member("due", due.iso8601) }
            if attempt != 1 { writer.member("attempt", attempt) }
            writer.member("at", at.iso8601)
        }
    }

    /// Stored JSON as text.
    static func text(_ json: [UInt8]) -> String { String(decoding: json, as: UTF8.self) }
}

extension WorkflowTimer {
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("kind", kind.rawValue)
            writer.member("op", operation.op)
            writer.member("attempt", operation.attempt)
            writer.member("due", due.iso8601)
        }
    }
}

extension LoadedSchedule {
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("service", row.service)
            writer.member("method", row.method)
            writer.member("cron", row.cron)
            writer.member("timezone", row.timezone)
            writer.member("paused", row.isPaused)
            writer.member("nextDue", row.nextDue?.iso8601)
            writer.member("lastDue", row.lastDue?.iso8601)
            writer.member("lastFiredAt", row.lastFiredAt?.iso8601)
            writer.member("lastId", row.lastID)
            writer.member("open", isOpen)
            writer.member("fired", row.fired)
            writer.member("skipped", row.skipped)
        }
    }
}
