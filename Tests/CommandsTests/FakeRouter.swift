import Commands
import HTTPServer
import TestSupport

/// A request as a router sees it.
struct SeenRequest: Sendable {
    var line: String
    var query: [String: String]
    var key: String?
    var prefer: String?
    var timeout: String?
    var headers: [String: String]
    var body: String
}

/// Runs a command against a router that answers what a test says: by `METHOD path`, a status and a body.
func ask(
    _ words: [String], directory: String = "/nonexistent", answers: [String: (status: Int, body: String)]
) async throws -> (run: ProgramRun, requests: [SeenRequest]) {
    let seen = Collector<SeenRequest>()
    let server = try HTTPServer(HTTPServer.Configuration()) { request in
        let line = "\(request.method) \(request.rawPath)"
        seen.append(
            SeenRequest(
                line: line, query: Dictionary(request.query.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }),
                key: request.headers["Mesh-Key"], prefer: request.headers["Prefer"],
                timeout: request.headers["Connect-Timeout-Ms"],
                headers: Dictionary(
                    request.headers.fields.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { $1 }),
                body: String(decoding: request.body, as: UTF8.self)))
        // `#2` is the answer to the second request of its kind.
        let count = seen.all.count { $0.line == line }
        let answer = answers["\(line)#\(count)"] ?? answers[line]
        return HTTPResponse(
            status: answer?.status ?? 404,
            body: Array((answer?.body ?? #"{"code":"NOT_FOUND","message":"nothing is at \#(line)"}"#).utf8))
    }
    let result = await ProgramRun(
        words + ["--url", "http://127.0.0.1:\(server.port)", "--token", "t"], directory: directory)
    await server.stop(drainWithin: .zero)
    return (result, seen.all)
}
