import HTTPServer
import MeshCore
import Outbox

extension ControlPlane {
    /// Adds the endpoints about workflows and schedules.
    func addWorkflows(
        _ on: (_ method: String, _ pattern: String, _ query: [String], _ endpoint: @escaping Endpoint) -> Void
    ) {
        let filters = [
            "after", "digest", "id", "limit", "parent", "service", "since", "status", "type", "waiting",
            "waiting-since",
        ]
        on("GET", "workflows", filters) { request, _ in try await workflows(request) }
        on("GET", "workflows/counts", ["service"]) { request, _ in try await workflowCounts(request) }
        on("GET", "workflows/{service}/{id}", []) { request, _ in try await workflow(request) }
        on("GET", "workflows/{service}/{id}/journal", ["after", "limit", "run"]) { request, _ in
            try await journal(request)
        }
        on("POST", "workflows/{service}/{id}/cancel", []) { request, actor in try await cancel(request, actor) }
        on("POST", "workflows/{service}/{id}/terminate", []) { request, actor in try await terminate(request, actor) }
        on("POST", "workflows/{service}/{id}/retry", []) { request, actor in try await retry(request, actor) }
        on("POST", "workflows/{service}/{id}/reset", []) { request, actor in try await reset(request, actor) }
        on("POST", "workflows/{service}/{id}/restart", []) { request, actor in try await restart(request, actor) }
        on("POST", "workflows/{service}/{id}/upgrade", []) { request, actor in try await upgrade(request, actor) }
        on("POST", "workflows/{service}/{id}/replay", ["digest", "from", "limit", "run", "steps"]) { request, _ in
            try await replay(request)
        }
        on("GET", "schedules", ["service"]) { request, _ in try await schedules(request) }
        for order in ["pause", "resume", "trigger"] {
            on("POST", "schedules/{service}/{method}/" + order, []) { request, actor in
                try await schedule(request, actor, order)
            }
        }
    }

    /// `GET /api/v1/workflows`: those that started last come first.
    func workflows(_ request: HTTPRequest) async throws -> RouterResponse {
        let filter = try workflowFilter(request)
        let rows = try await stores.workflows.list(filter)
        let next = rows.count == filter.limit ? rows.last.map { WorkflowPlace(of: $0).text } : nil
        let body = JSONWriter.object { writer in
            writer.member("workflows") { writer in writer.array(rows) { $1.write(to: &$0) } }
            writer.member("next", next)
        }
        return .json(body + "\n")
    }

    /// `GET /api/v1/workflows/counts`: how many, by type and status.
    func workflowCounts(_ request: HTTPRequest) async throws -> RouterResponse {
        let counts = try await stores.workflows.counts(service: request.query("service"))
        let body = JSONWriter.object { writer in
            writer.member("counts") { writer in
                writer.array(counts) { writer, count in
                    writer.object { writer in
                        writer.member("service", count.service)
                        writer.member("type", count.type)
                        writer.member("status", count.status.rawValue)
                        writer.member("count", count.count)
                        writer.member("oldest", count.oldest.iso8601)
                    }
                }
            }
        }
        return .json(body + "\n")
    }

    /// `GET /api/v1/workflows/{service}/{id}`: what it is doing now, and its timers.
    func workflow(_ request: HTTPRequest) async throws -> RouterResponse {
        let row = try await workflowRow(request)
        var timers: [WorkflowTimer] = []
        if row.status.isOpen, let partition = try? orders.partition(of: row.id) {
            timers = try await stores.workflows.timers(row.id, partition: partition)
        }
        let body = JSONWriter.object { writer in
            row.writeMembers(to: &writer)
            writer.member("timers") { writer in writer.array(timers) { $1.write(to: &$0) } }
        }
        return .json(body + "\n")
    }

    /// `GET /api/v1/workflows/{service}/{id}/journal`: a page of its journal, of its current run or another.
    func journal(_ request: HTTPRequest) async throws -> RouterResponse {
        let row = try await workflowRow(request)
        let limit = try request.query("limit") == nil ? WorkflowAdminStore.journalPage : limit(of: request)
        let entries = try await stores.workflows.journal(
            row.id, run: try whole("run", request).map(Int32.init(clamping:)),
            after: try whole("after", request) ?? 0, limit: limit)
        let body = JSONWriter.object { writer in
            writer.member("entries") { writer in writer.array(entries) { $1.write(to: &$0) } }
            writer.member("next") { writer in
                if entries.count == limit, let last = entries.last {
                    writer.raw(String(last.sequence))
                } else {
                    writer.raw("null")
                }
            }
        }
        return .json(body + "\n")
    }

    // MARK: What requests say

    /// The workflow of the path.
    ///
    /// - Parameter hint: said where there is none.
    func workflowRow(_ request: HTTPRequest, hint: String = "") async throws -> WorkflowRow {
        let id = WorkflowID(service: try parameter("service", request), key: try parameter("id", request))
        guard let row = try await stores.workflows.show(id) else {
            throw MeshError(.instanceNotFound, "\(id.service.shortened) has no workflow '\(id.key.shortened)'\(hint)")
        }
        return row
    }

    private func workflowFilter(_ request: HTTPRequest) throws(MeshError) -> WorkflowFilter {
        var filter = WorkflowFilter()
        filter.limit = try limit(of: request)
        filter.service = request.query("service")
        filter.type = request.query("type")
        filter.waitingFor = request.query("waiting")
        filter.idPrefix = request.query("id")
        filter.digest = request.query("digest")
        filter.startedSince = try time("since", request)
        filter.waitingSince = try time("waiting-since", request)
        for name in (request.query("status") ?? "").split(separator: ",") where name != "all" {
            if name == "open" {
                filter.statuses += WorkflowRow.Status.allCases.filter(\.isOpen)
            } else if let status = WorkflowRow.Status(rawValue: String(name)) {
                filter.statuses.append(status)
            } else {
                let names = WorkflowRow.Status.allCases.map(\.rawValue).joined(separator: ", ")
                throw MeshError(
                    .invalidRequest,
                    "status is '\(String(name).shortened)': it is \(names), open, or all; several with commas between")
            }
        }
        if let parent = request.query("parent") {
            guard let slash = parent.firstIndex(of: "/") else {
                throw MeshError(.invalidRequest, "parent is '\(parent.shortened)': it is namespace.Service/id")
            }
            filter.parent = WorkflowID(
                service: String(parent[..<slash]), key: String(parent[parent.index(after: slash)...]))
        }
        if let text = request.query("after") {
            guard let place = WorkflowPlace(text: text) else {
                throw MeshError(.invalidRequest, "after is '\(text.shortened)': it is `next` of the page before")
            }
            filter.after = place
        }
        return filter
    }

    private func time(_ name: String, _ request: HTTPRequest) throws(MeshError) -> Timestamp? {
        guard let text = request.query(name) else { return nil }
        guard let time = Timestamp(iso8601: text) else {
            throw MeshError(
                .invalidRequest, "\(name) is '\(text.shortened)': it is a time such as 2026-11-21T06:00:00Z")
        }
        return time
    }

    func whole(_ name: String, _ request: HTTPRequest) throws(MeshError) -> Int64? {
        guard let text = request.query(name) else { return nil }
        guard let number = Int64(text), number >= 0 else {
            throw MeshError(.invalidRequest, "\(name) is '\(text.shortened)': it is a whole number")
        }
        return number
    }
}
