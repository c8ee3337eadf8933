@testable import HTTPServer
import MeshCore
@testable import Outbox
import Testing

@testable import Egress

@Suite struct PreparedFetchTests {
    private func prepare(_ request: String, _ capabilities: [String] = ["http:*"]) throws(MeshError) -> PreparedFetch {
        let call = HTTPCall(
            id: "c", workflow: WorkflowID(service: "shop.Orders", key: "w"), operation: "1.1.1.a", key: "k",
            request: "{\"request\":\(request)}", deadline: nil, traceparent: nil, isWanted: true,
            capabilities: capabilities)
        return try PreparedFetch(
            FetchRequest(call.request), for: call, permissions: Permissions(of: "shop.Orders", granted: capabilities),
            secrets: SecretFolder(nil))
    }

    @Test func `a request goes out as it was written, with a key where it might be sent twice`() throws {
        let post = try prepare(
            ##"{"method":"POST","url":"https://a.example/x?y=1#part","headers":[{"name":"X-A","value":"b"}],"body":"é","timeout":"PT2S"}"##
        )
        #expect(post.url == "https://a.example/x?y=1" && post.body == Array("é".utf8) && post.timeout == .seconds(2))
        #expect(post.headers["X-A"] == "b" && post.headers["Idempotency-Key"]?.count == 32)
        let get = try prepare(#"{"method":"GET","url":"https://a.example/"}"#)
        #expect(get.headers["Idempotency-Key"] == nil && get.body == nil && get.timeout == .seconds(30))
        #expect(try prepare(#"{"method":"PUT","url":"https://a.example/","bytes":"AAH/"}"#).body == [0, 1, 255])
        #expect(try prepare(#"{"method":"GET","url":"https://a.example/","timeout":"PT9H"}"#).timeout == .seconds(600))
    }

    @Test(arguments: [
        (#"{"method":"GET","url":"https://a.example/../x"}"#, "dots"),
        (#"{"method":"GET","url":"http://2130706433/"}"#, "two ways"),
        (#"{"method":"GET","url":"http://127.1/"}"#, "two ways"),
        (
            #"{"method":"GET","url":"https://a.example/","headers":[{"name":"X","value":"a\r\nHost: b"}]}"#,
            "line breaks"
        ),
        (#"{"method":"GET","url":"https://a.example/","headers":[{"name":"X:","value":"a"}]}"#, "isn't one"),
        (#"{"method":"GET","url":"https://a.example/","headers":[{"name":"hOst","value":"a"}]}"#, "follows from"),
        (
            #"{"method":"GET","url":"https://a.example/","headers":[{"name":"Transfer-Encoding","value":"chunked"}]}"#,
            "follows from"
        ),
        (#"{"method":"PUT","url":"https://a.example/","body":"a","bytes":"AA=="}"#, "both"),
        (#"{"method":"GET","url":"https://a.example/","timeout":"PT0S"}"#, "more than nothing"),
    ])
    func `what would be another request than it looks is refused`(_ request: String, _ reason: String) {
        let error = #expect(throws: MeshError.self) { try prepare(request) }
        #expect(error?.code == .invalidRequest && error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }

    @Test func `a secret that isn't there is told by its name`() {
        let error = #expect(throws: MeshError.self) {
            try prepare(
                #"{"method":"GET","url":"https://a.example/","headers":[{"name":"X","value":"{{secret:key}}"}]}"#,
                ["http:*", "secret:key@*"])
        }
        #expect(error?.code == .failedPrecondition && error?.message.contains("'key'") == true)
    }

    @Test func `an answer that isn't text travels as base64, and what Postgres can't store doesn't travel at all`() {
        let response = HTTPClient.Response(status: 200, headers: ["X-Odd": "a\u{0}b"], body: [0, 255])
        guard case .response(let text, 200) = FetchOutcome(response, from: "https://a.example") else {
            Issue.record("no response")
            return
        }
        #expect(text == #"{"status":200,"headers":[{"name":"x-odd","value":"a�b"}],"bytes":"AP8="}"#)
    }
}
