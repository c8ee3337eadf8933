import Commands
import Foundation
import MeshCore
import Testing

/// A transport that answers what it is told, and keeps what was asked.
private final class CannedTransport: HTTPTransport {
    let answer: Result<ClientResponse, TransportFailure>
    init(_ answer: Result<ClientResponse, TransportFailure>) { self.answer = answer }
    func send(_ request: ClientRequest) async throws -> ClientResponse { try answer.get() }
}

@Suite struct RouterClientTests {
    private func failure(_ status: Int, _ body: String) async -> CommandFailure? {
        let transport = CannedTransport(.success(ClientResponse(status: status, body: Array(body.utf8))))
        let client = RouterClient(url: "http://router", token: nil, transport: transport)
        do throws(CommandFailure) { _ = try await client.control("GET", "services") } catch { return error }
        return nil
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let status: Int
        let code: String
        let exit: ExitCode
        var testDescription: String { code }
    }

    @Test(arguments: [
        // A value as deep as the router takes it, as a journal's page shows it.
        "{\"entries\":[{\"request\":" + String(repeating: "[", count: 63) + "1" + String(repeating: "]", count: 63)
            + "}]}",
        "{\"state\":{\"e\u{301}\":1,\"\u{e9}\":2}}",
    ])
    func `an answer is read whatever JSON the mesh keeps`(_ body: String) async throws {
        let transport = CannedTransport(.success(ClientResponse(status: 200, body: Array(body.utf8))))
        let client = RouterClient(url: "http://router", token: nil, transport: transport)
        #expect(try await client.control("GET", "anything").rendered().utf8.elementsEqual(body.utf8))
    }

    @Test(arguments: [
        Case(status: 409, code: "CONFLICT", exit: .refused), Case(status: 401, code: "UNAUTHENTICATED", exit: .refused),
        Case(status: 403, code: "PERMISSION_DENIED", exit: .refused),
        Case(status: 400, code: "FAILED_PRECONDITION", exit: .refused),
        Case(status: 503, code: "PROVIDER_UNAVAILABLE", exit: .unreachable),
        Case(status: 404, code: "NOT_FOUND", exit: .failure), Case(status: 400, code: "OUT_OF_STOCK", exit: .failure),
        Case(status: 504, code: "DEADLINE_EXCEEDED", exit: .failure),
    ])
    func `an error of the mesh keeps its code and decides the exit code`(_ example: Case) async {
        let error = #"{"code":"\#(example.code)","message":"why","details":{"sku":"kite"}}"#
        for body in [
            error, #"{"error":\#(error)}"#, #"{"code":"aborted","message":"x","details":[],"mesh":\#(error)}"#,
        ] {
            let found = await failure(example.status, body)
            #expect(found?.code == example.code)
            #expect(found?.message == "why")
            #expect(found?.details == #"{"sku":"kite"}"#)
            #expect(found?.exit == example.exit)
        }
    }

    @Test func `an error has all its members after --json, those of the mesh as they came`() async throws {
        let error =
            #"{"code":"OUT_OF_STOCK","class":"CONFLICT","message":"none left","details":{"left":1.50,"sku":"kite"},"retryable":true,"timestamp":"2026-02-28T12:00:00.000000Z"}"#
        let found = try #require(await failure(409, #"{"code":"aborted","message":"x","details":[],"mesh":\#(error)}"#))
        #expect(found.json == error.dropLast() + #","exit":1}"#)
        let own = CommandFailure.usage("'x' is no number", hint: "give one").json
        #expect(
            own.hasPrefix(
                #"{"code":"INVALID_REQUEST","message":"'x' is no number","details":null,"retryable":false,"timestamp":"2"#
            ))
        #expect(own.hasSuffix(#"","hint":"give one","exit":2}"#))
        #expect(CommandFailure(.unreachable, "nobody answers").retryable)
        let busy = CommandFailure(MeshError(.conflict, "busy", retryable: true, timestamp: Timestamp(microseconds: 0)))
        #expect(busy.retryable && busy.timestamp.microseconds == 0 && busy.errorClass == nil)
    }

    @Test func `an unknown service is an error that names the command with the known ones`() async {
        let body =
            #"{"code":"NOT_FOUND","message":"no deployed service is called 'x.Y'; GET /api/v1/services lists them"}"#
        #expect(await failure(404, body)?.hint == "`wasmesh services` lists what is deployed")
    }

    @Test func `an answer of another program is named as such`() async {
        let found = await failure(404, "<html>")
        #expect(found?.message == "the router answered 404: <html>")
        #expect(found?.hint == "is it a wasmesh router?")
        #expect(await failure(200, "<html>")?.hint == "is there another program on that port?")
    }

    @Test func `nobody answering is exit code 3`() async {
        let client = RouterClient(
            url: "http://router", token: nil, transport: CannedTransport(.failure(.unreachable("refused"))))
        do throws(CommandFailure) {
            _ = try await client.control("GET", "services")
            Issue.record("no error")
        } catch {
            #expect(error.exit == .unreachable)
            #expect(error.hint?.contains("wasmesh dev") == true)
        }
    }

    @Test func `a connection that ends before the answer isn't a router that isn't there`() async {
        let client = RouterClient(
            url: "http://router", token: nil, transport: CannedTransport(.failure(.broken("connection reset"))))
        do throws(CommandFailure) {
            _ = try await client.control("GET", "services")
            Issue.record("no error")
        } catch {
            #expect(error.exit == .failure && error.message == "no answer from http://router: connection reset")
            #expect(error.hint?.hasPrefix("it may have been done") == true)
        }
    }

    @Test(arguments: [
        TransportFailure.timedOut, .broken("connection reset"), .unreachable("nobody answers at http://router"),
    ])
    func `a password in the router's URL stands in no error`(_ failure: TransportFailure) async {
        for answer in [.failure(failure), .success(ClientResponse(status: 200, body: Array("<html>".utf8)))]
            as [Result<ClientResponse, TransportFailure>]
        {
            let client = RouterClient(
                url: "http://ann:hunter2@router", token: nil, transport: CannedTransport(answer))
            let error = await #expect(throws: CommandFailure.self) { try await client.control("GET", "services") }
            #expect(error?.message.contains("http://router") == true && error?.message.contains("hunter2") == false)
        }
    }

    @Test(arguments: ["a b": "a%20b", "ü/?": "%C3%BC%2F%3F", "A-z_0.9~": "A-z_0.9~", "\u{1}": "%01"])
    func `texts are escaped for paths`(_ text: String, _ escaped: String) {
        #expect(RouterClient.escape(text) == escaped)
    }

    @Test func `data may be an argument or a file, and must be JSON`() async throws {
        let directory = NSTemporaryDirectory() + "wasmesh-payload-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try #"{"a": 1}"#.write(toFile: directory + "/good.json", atomically: true, encoding: .utf8)
        try "{\n  \"a\": }".write(toFile: directory + "/bad.json", atomically: true, encoding: .utf8)
        let good = try Payload.read("@good.json", directory: directory)
        #expect(good == Array(#"{"a": 1}"#.utf8))
        #expect(try Payload.read("[1]", directory: directory) == Array("[1]".utf8))
        let bad = #expect(throws: CommandFailure.self) { try Payload.read("@bad.json", directory: directory) }
        #expect(bad?.message == "bad.json:2:8: not JSON: expected a value, found '}'")
        let missing = #expect(throws: CommandFailure.self) { try Payload.read("@none.json", directory: directory) }
        #expect(missing?.message == "cannot read none.json: No such file or directory")
    }
}
