import HTTPServer
import MeshCore
import Outbox

extension ControlPlane {
    /// `GET /api/v1/limits`: how fast and how many at once the outside is called, and what waits for that.
    func limits(_ request: HTTPRequest) async throws -> RouterResponse {
        let records = try await stores.admin.outsideLimits()
        let body = JSONWriter.object { writer in
            writer.member("limits") { writer in
                writer.array(records) { writer, record in
                    writer.object { writer in
                        ControlPlane.write(record.limit, to: &writer)
                        writer.member("waiting", record.waiting)
                        writer.member("underWay", record.underWay)
                        writer.member("setBy", record.setBy)
                        writer.member("setAt", record.setAt.iso8601)
                    }
                }
            }
        }
        return .json(body + "\n")
    }

    /// `PUT /api/v1/limits?origin=…&rate=…&concurrency=…`: in place of the one that is there.
    func setLimit(_ request: HTTPRequest, _ actor: String) async throws -> RouterResponse {
        var limit = OutsideLimit(origin: try ControlPlane.origin(request), rate: nil, concurrency: nil)
        if let text = request.query("rate") { limit.rate = try CallRate(text) }
        if let text = request.query("concurrency") {
            guard let number = Int(text), (1...100_000).contains(number) else {
                throw MeshError(
                    .invalidRequest, "the parameter concurrency is a number from 1 to 100000, not '\(text.shortened)'")
            }
            limit.concurrency = number
        }
        guard limit.rate != nil || limit.concurrency != nil else {
            throw MeshError(.invalidRequest, "a limit has a rate, a concurrency, or both; DELETE takes one away")
        }
        try await stores.admin.set(limit, by: actor)
        return .json(JSONWriter.object { ControlPlane.write(limit, to: &$0) } + "\n")
    }

    /// `DELETE /api/v1/limits?origin=…`
    func removeLimit(_ request: HTTPRequest, _ actor: String) async throws -> RouterResponse {
        let origin = try ControlPlane.origin(request)
        guard try await stores.admin.removeOutsideLimit(of: origin, by: actor) else {
            throw MeshError(.notFound, "\(origin) has no limit")
        }
        return .json(JSONWriter.object { $0.member("origin", origin) } + "\n")
    }

    private static func write(_ limit: OutsideLimit, to writer: inout JSONWriter) {
        writer.member("origin", limit.origin)
        writer.member("rate", limit.rate?.description)
        writer.member("concurrency", json: limit.concurrency.map(String.init))
    }

    /// As calls have it.
    private static func origin(_ request: HTTPRequest) throws(MeshError) -> String {
        guard let text = request.query("origin"), !text.isEmpty else {
            throw MeshError(.invalidRequest, "the parameter origin is missing")
        }
        return try OutsideURL.origin(text)
    }
}
