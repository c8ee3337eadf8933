import Testing

@testable import Mesh

@Suite struct HTTPRequestTests {
    @Test func `a request travels as the mesh reads it, the same each time`() {
        let request = HTTPRequest.post(
            "https://a.example/x", json: ["n": 1] as JSONValue, headers: ["X-B": "2", "X-A": HTTPRequest.secret("k")],
            timeout: .seconds(5))
        #expect(
            request.jsonText
                == #"{"method":"POST","url":"https://a.example/x","headers":[{"name":"X-A","value":"{{secret:k}}"},{"name":"X-B","value":"2"},{"name":"Content-Type","value":"application/json"}],"body":"{\"n\":1}","timeout":"PT5S"}"#
        )
    }

    @Test func `what isn't text travels as base64, and comes back as it was`() throws {
        let request = HTTPRequest(.put, "https://a.example/", body: [0, 255])
        #expect(request.jsonText.contains(#""bytes":"AP8=""#))
        #expect(try HTTPRequest(jsonText: request.jsonText) == request)
        var response = HTTPResponse(status: 201, headers: ["ETag": "x"], body: "hé")
        #expect(try HTTPResponse(jsonText: response.jsonText) == response && response.header("etag") == "x")
        response.body = [200, 0]
        #expect(try HTTPResponse(jsonText: response.jsonText) == response)
    }

    @Test func `only what is idempotent is tried again without being told`() {
        #expect(HTTPRequest.get("https://a.example/").call.options.retries == 3)
        #expect(HTTPRequest.delete("https://a.example/").call.options.retries == 3)
        #expect(HTTPRequest.post("https://a.example/", json: true).call.options.retries == nil)
        #expect(HTTPRequest.patch("https://a.example/", json: true).call.options.retries == nil)
    }

    @Test func `an answer is read as JSON, and says what it isn't`() throws {
        #expect(try HTTPResponse(json: [1, 2] as JSONValue).json([Int].self) == [1, 2])
        let refused = #expect(throws: MeshError.self) { try HTTPResponse(status: 409, body: "taken").checked() }
        #expect(refused?.code == "FAILED_PRECONDITION" && refused?.details?["status"] == .number("409"))
        #expect(throws: MeshError.self) { try HTTPResponse(body: "<html>").json(JSONValue.self) }
    }
}
