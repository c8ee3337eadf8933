import HTTPServer
import MeshCore
import Testing

@testable import MeshRouter

@Suite struct CallOptionsTests {
    private func read(_ headers: [String: String], method: String = "POST") throws(ConnectError) -> CallOptions {
        var all = ["content-type": "application/json"]
        for (name, value) in headers { all[name.lowercased()] = value }
        if all["content-type"] == "" { all["content-type"] = nil }
        let fields = all
        return try CallOptions.read(httpMethod: method) { fields[$0.lowercased()] }
    }

    @Test func `a plain JSON call needs nothing else`() throws {
        let options = try read([:])
        #expect(options.timeout == nil)
        #expect(options.idempotencyKey == nil)
        #expect(!options.respondsAsync)
        #expect(options.traceparent == nil)
    }

    @Test func `every header is read`() throws {
        let options = try read([
            "Connect-Protocol-Version": "1", "Connect-Timeout-Ms": "1500", "Idempotency-Key": "\"a-1\"",
            "Mesh-Key": "größe", "Prefer": "wait=10, respond-async; x=y", "Authorization": "bearer  abc ",
            "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "Content-Type": "application/json; charset=UTF-8",
        ])
        #expect(options.timeout == .milliseconds(1500))
        #expect(options.idempotencyKey == "a-1")
        #expect(options.key == "größe")
        #expect(options.respondsAsync)
        #expect(options.bearerToken == "abc")
        #expect(options.traceparent == "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    }

    @Test(arguments: [
        "Idempotency-Key", "Mesh-Key", "Connect-Timeout-Ms", "Authorization", "Content-Type", "Content-Encoding",
        "Connect-Protocol-Version", "Mesh-Method-Role", "Mesh-Delay-Ms", "Mesh-Due",
    ])
    func `what decides what is done is given once`(name: String) throws {
        var headers: HTTPHeaders = ["Content-Type": "application/json", "prefer": "wait=1"]
        headers.add("Prefer", "respond-async")
        let (first, second) =
            switch name {
            case "Content-Type": ("application/json", "text/plain")
            case "Content-Encoding": ("gzip", "br")
            case "Mesh-Due": ("2030-01-31T08:00:00Z", "2031-01-31T08:00:00Z")
            default: ("1", "2")
            }
        headers.set(name, first)
        #expect(try CallOptions.read(httpMethod: "POST", headers: headers).respondsAsync)
        headers.add(name.lowercased(), second)
        let failure = #expect(throws: ConnectError.self) {
            try CallOptions.read(httpMethod: "POST", headers: headers)
        }
        #expect(failure?.status == 400)
    }

    @Test func `a call may be sent later, so much or at a time`() throws {
        let later = ["Prefer": "respond-async"]
        #expect(try read(later).start == nil)
        #expect(try read(later.merging(["Mesh-Delay-Ms": "1500"]) { $1 }).start == .after(.milliseconds(1500)))
        let time = try #require(Timestamp(iso8601: "2030-01-31T08:00:00Z"))
        #expect(try read(later.merging(["Mesh-Due": "2030-01-31T09:00:00+01:00"]) { $1 }).start == .at(time))
        let now = Timestamp(microseconds: 1_000_000)
        #expect(CallStart.after(.milliseconds(1)).due(from: now) == Timestamp(microseconds: 1_001_000))
        #expect(CallStart.after(.zero).due(from: now) == nil && CallStart.at(now).due(from: now) == nil)
        #expect(CallStart.at(time).due(from: now) == time)
    }

    @Test(arguments: [
        (["Mesh-Delay-Ms": "1500"], "send Prefer: respond-async with Mesh-Delay-Ms"),
        (["Mesh-Due": "2030-01-31T08:00:00Z"], "send Prefer: respond-async with Mesh-Due"),
        (["Mesh-Delay-Ms": "1", "Mesh-Due": "2030-01-31T08:00:00Z", "Prefer": "respond-async"], "both given"),
        (["Mesh-Delay-Ms": "-1", "Prefer": "respond-async"], "Mesh-Delay-Ms is '-1'"),
        (["Mesh-Delay-Ms": "1.5", "Prefer": "respond-async"], "Mesh-Delay-Ms is '1.5'"),
        (["Mesh-Delay-Ms": "", "Prefer": "respond-async"], "Mesh-Delay-Ms is ''"),
        (["Mesh-Delay-Ms": "3155760000001", "Prefer": "respond-async"], "at most 100 years"),
        (["Mesh-Delay-Ms": "99999999999999999999", "Prefer": "respond-async"], "at most 100 years"),
        (["Mesh-Due": "tomorrow", "Prefer": "respond-async"], "Mesh-Due is 'tomorrow'"),
        (["Mesh-Due": "9999-01-31T08:00:00Z", "Prefer": "respond-async"], "within 100 years"),
    ])
    func `a time that can't be meant is refused`(headers: [String: String], reason: String) {
        let failure = #expect(throws: ConnectError.self) { try read(headers) }
        #expect(
            failure?.status == 400 && failure?.error.message.contains(reason) == true, "\(String(describing: failure))")
    }

    @Test(arguments: ["", ";", ";;", ",", " , ;", "wait=10;", ";respond-async"])
    func `a preference of nothing is none`(header: String) throws {
        #expect(try !read(["Prefer": header]).respondsAsync || header.contains("respond-async"))
    }

    @Test(arguments: [
        ("", 415), ("application/proto", 415), ("application/connect+json", 415), ("text/plain", 415),
        ("application/json; charset=latin1", 415), ("application/grpc", 415),
    ])
    func `other content types are refused with 415 and the one that is spoken`(type: String, status: Int) {
        let failure = #expect(throws: ConnectError.self) { try read(["Content-Type": type]) }
        #expect(failure?.status == status)
        #expect(failure?.headers == [HeaderField("Accept-Post", "application/json")])
        #expect(failure?.error.message.contains("application/json") == true)
    }

    @Test(arguments: ["br", "zstd", "deflate", "gzip, br"])
    func `encodings other than gzip are unimplemented, as the protocol has it`(encoding: String) {
        let failure = #expect(throws: ConnectError.self) { try read(["Content-Encoding": encoding]) }
        #expect(failure?.code == .unimplemented)
        #expect(failure?.status == 501)
        #expect(failure?.error.message.contains(encoding) == true)
        #expect(failure?.headers == [HeaderField("Accept-Encoding", "gzip, identity")])
        #expect(throws: Never.self) { try read(["Content-Encoding": "identity"]) }
        #expect(throws: Never.self) { try read(["Content-Encoding": "GZIP"]) }
    }

    @Test(arguments: ["GET", "PUT", "DELETE", "HEAD"])
    func `only POST makes a call`(method: String) {
        let failure = #expect(throws: ConnectError.self) { try read([:], method: method) }
        #expect(failure?.status == 405)
        #expect(failure?.headers == [HeaderField("Allow", "POST")])
    }

    @Test(arguments: ["", "-1", "1.5", "1s", "12345678901", " 1", "٣"])
    func `a timeout is digits, at most ten`(text: String) {
        let failure = #expect(throws: ConnectError.self) { try read(["Connect-Timeout-Ms": text]) }
        #expect(failure?.code == .invalidArgument)
    }

    @Test(arguments: ["2", "", "1.0"])
    func `another protocol version is refused`(version: String) {
        #expect(throws: ConnectError.self) { try read(["Connect-Protocol-Version": version]) }
    }

    @Test(arguments: [("Idempotency-Key", 256), ("Mesh-Key", 1024)])
    func `keys have bounds, and a call's key those of every key`(name: String, most: Int) {
        #expect(throws: Never.self) { try read([name: String(repeating: "k", count: most)]) }
        for value in ["", String(repeating: "k", count: most + 1), "a\u{1}b", "a\u{FFFD}"] {
            #expect(throws: ConnectError.self) { try read([name: value]) }
        }
    }

    @Test(arguments: [
        "00-00000000000000000000000000000000-b7ad6b7169203331-01", "00-1-2-3", "",
    ])
    func `a traceparent that isn't one counts as none`(text: String) throws {
        #expect(try read(["traceparent": text]).traceparent == nil)
    }
}
