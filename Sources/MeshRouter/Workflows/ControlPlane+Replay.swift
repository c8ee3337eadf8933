import HTTPServer
import MeshCore
import Outbox
import Workflows

extension ControlPlane {
    /// `POST …/replay`: runs its journal against the package of the body, of `digest`, or its own, and shows the steps.
    func replay(_ request: HTTPRequest) async throws -> RouterResponse {
        var window = Replayer.Window()
        window.from = try whole("from", request).map(Int.init) ?? 1
        window.limit = try request.query("limit") == nil ? window.limit : limit(of: request)
        if request.query("steps") != nil, try !flag("steps", request) { window.limit = 0 }
        let row = try await workflowRow(request)
        let run = try whole("run", request).map(Int32.init(clamping:))
        guard let record = try await stores.workflows.record(row.id, run: run), !record.journal.isEmpty else {
            throw MeshError(
                .failedPrecondition,
                "the journal of workflow \(row.id.key.shortened) has no run \(run ?? row.run) any more, so it can't be replayed"
            )
        }
        let service = row.id.service
        let code =
            request.body.isEmpty
            ? try await replayer.stored(request.query("digest") ?? row.digest, service: service)
            : try await replayer.code(request.body, service: service)
        let report = try await replayer.replay(record, code: code, window: window)
        return .json(
            JSONWriter.object { writer in
                writer.member("service", service)
                writer.member("id", row.id.key)
                writer.member("type", row.method)
                writer.member("run", run ?? row.run)
                writer.member("digest", code.digest)
                writer.member("version", code.version)
                writer.member("entries", record.journal.count)
                report.write(to: &writer, window)
            } + "\n")
    }

    /// `POST …/upgrade`: `{"digest"}`; replays first, and moves the workflow only where the package does what its journal has.
    func upgrade(_ request: HTTPRequest, _ actor: String) async throws -> RouterResponse {
        let members = try OrderBody(request.body, allowed: ["digest"])
        let row = try await workflowRow(request)
        guard row.status.isOpen else { throw ControlPlane.hasEnded(row) }
        let deployed = routing.current.table.services[row.id.service]?.deployment.digest
        guard let wanted = members.digest ?? deployed else {
            throw MeshError(.notFound, "no deployed package serves \(row.id.service.shortened); name one with `digest`")
        }
        let code = try await replayer.stored(wanted, service: row.id.service)
        // It is where it was to go: said again, or all of a service after some.
        if code.digest == row.digest {
            let body = JSONWriter.object { writer in
                writer.member("order", "upgrade")
                writer.member("state", "taken")
                writer.member("workflow") { row.write(to: &$0) }
            }
            return .json(body + "\n")
        }
        guard let record = try await stores.workflows.record(row.id, run: nil) else {
            throw MeshError(.instanceNotFound, "workflow \(row.id.key.shortened) is gone")
        }
        switch try await replayer.replay(record, code: code, window: Replayer.Window(limit: 0)).end {
        case .difference(let difference): throw difference.reasonToStay
        case .failed(let reason):
            throw MeshError(
                .failedPrecondition, "the package \(code.digest.prefix(12)) doesn't replay the journal: \(reason)")
        case .agrees, .stopped: break
        }
        // What was deployed just now its owner may be loading still.
        return try await send("upgrade", to: row, actor, patience: .seconds(10)) { $0.member("digest", code.digest) }
    }
}

extension Replayer.Report {
    func write(to writer: inout JSONWriter, _ window: Replayer.Window) {
        switch end {
        case .agrees(let text):
            writer.member("agrees", true)
            writer.member("outcome", text)
        case .difference(let difference):
            writer.member("agrees", false)
            writer.member("outcome", "\(difference)")
            writer.member("difference") { difference.write(to: &$0) }
        case .failed(let reason):
            writer.member("agrees", false)
            writer.member("outcome", reason)
        case .stopped:
            writer.member("agrees", true)
            writer.member("outcome", "stopped")
        }
        writer.member("count", count)
        writer.member("steps") { writer in writer.array(steps) { $1.write(to: &$0) } }
        writer.member("next") { writer in
            let last = steps.last?.number ?? count
            writer.raw(window.limit > 0 && last < count ? String(last + 1) : "null")
        }
    }
}

extension WorkflowDifference {
    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("step", step)
            writer.member("sequence", sequence)
            writer.member("expected", expected)
            writer.member("found", found)
        }
    }
}

extension ReplayStep {
    func write(to writer: inout JSONWriter) {
        let kindName =
            switch kind {
            case .command: "command"
            case .told: "told"
            case .cancelled: "cancelled"
            }
        writer.object { writer in
            writer.member("number", number)
            writer.member("kind", kindName)
            writer.member("seq", entry.sequence)
            if operation != 0 { writer.member("op", operation) }
            writer.member("text", text)
            if let request = entry.request { writer.member("request", json: JournalEntry.text(request)) }
            if let result = entry.result { writer.member("result", json: JournalEntry.text(result)) }
            if let state { writer.member("state", json: JournalEntry.text(state)) }
            writer.member("at", entry.at.iso8601)
        }
    }
}
