import Foundation
import MeshCore
import TestSupport
import Testing

@testable import MeshRouter

@Suite struct CloudEventReaderTests {
    private let now = Timestamp(microseconds: 1_000_000)

    private func read(_ headers: [String: String], _ body: String) throws(MeshError) -> [CloudEvent] {
        let fields = Dictionary(uniqueKeysWithValues: headers.map { ($0.key.lowercased(), $0.value) })
        return try CloudEventReader.read(body: Array(body.utf8), now: now) { fields[$0.lowercased()] }
    }

    private let binary = [
        "ce-specversion": "1.0", "ce-id": "e1", "ce-source": "/till", "ce-type": "order.placed",
        "Content-Type": "application/json",
    ]

    @Test func `binary mode reads headers and takes the body as it is`() throws {
        var headers = binary
        headers["ce-time"] = "2026-11-21T13:05:00Z"
        headers["ce-source"] = "/caf%C3%A9%20one"
        headers["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        let event = try #require(try read(headers, #" {"id":1} "#).first)
        #expect(event.id == "e1")
        #expect(event.source == "/café one")
        #expect(event.time.iso8601 == "2026-11-21T13:05:00.000000Z")
        #expect(event.traceparent == "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        #expect(String(decoding: event.data, as: UTF8.self) == #" {"id":1} "#)
    }

    @Test func `a header that isn't UTF-8 is refused: two that differ would be one`() throws {
        // As the server hands on the bytes E9 and E8 of Latin-1.
        for name in ["ce-id", "ce-source", "ce-subject"] {
            var headers = binary
            headers[name] = "caf\u{FFFD}"
            let error = #expect(throws: MeshError.self) { try read(headers, "{}") }
            #expect(error?.message == "the header \(name) isn't UTF-8 in percent-encoding")
        }
        var escaped = binary
        escaped["ce-id"] = "caf%EF%BF%BD"
        #expect(try read(escaped, "{}").first?.id == "caf\u{FFFD}")
    }

    @Test(arguments: ["50%+1", "50%-0", "50%", "50%4", "%zz"])
    func `a percent sign that begins no escape stands for itself`(_ id: String) throws {
        var headers = binary
        headers["ce-id"] = id
        #expect(try read(headers, "{}").first?.id == id)
    }

    @Test(arguments: [
        (#""a b""#, "a b"), (#""say \"hi\" \\ bye""#, #"say "hi" \ bye"#), (#""50%25""#, "50%"), (#""%22""#, "\""),
        ("\"", "\""), (#"a"b""#, #"a"b""#),
    ])
    func `a header in quotation marks is what stands between them`(_ header: String, _ id: String) throws {
        var headers = binary
        headers["ce-id"] = header
        #expect(try read(headers, "{}").first?.id == id)
    }

    @Test func `structured mode takes the data byte for byte`() throws {
        let body = #"""
            {"specversion":"1.0","type":"order.placed","source":"/till","id":"e\u0031","data":{ "a" : [1, 2.50] },
             "subject":"x","myextension":7,"other":true,"datacontenttype":"application/json"}
            """#
        let event = try #require(try read(["Content-Type": "application/cloudevents+json; charset=utf-8"], body).first)
        #expect(event.id == "e1")
        #expect(event.time == now)
        #expect(String(decoding: event.data, as: UTF8.self) == #"{ "a" : [1, 2.50] }"#)
    }

    @Test(arguments: ["id", "subject", "time", "datacontenttype", "traceparent"])
    func `an attribute that isn't a string is refused by its name, and null is none`(name: String) throws {
        func body(_ value: String) -> String {
            let id = name == "id" ? "" : #""id":"i","#
            return #"{"specversion":"1.0","type":"t","source":"s",\#(id)"\#(name)":\#(value),"data":{}}"#
        }
        let headers = ["Content-Type": "application/cloudevents+json"]
        let error = #expect(throws: MeshError.self) { try read(headers, body("5")) }
        #expect(error?.message.contains("the attribute `\(name)` is a string") == true)
        if name == "id" {
            #expect(throws: MeshError.self) { try read(headers, body("null")) }
        } else {
            #expect(try read(headers, body("null")).first?.id == "i")
        }
    }

    @Test func `structured mode decodes data_base64`() throws {
        let data = Data(#"{"id":"o-1"}"#.utf8).base64EncodedString()
        let body = #"{"specversion":"1.0","type":"t","source":"s","id":"i","data_base64":"\#(data)"}"#
        let event = try #require(try read(["Content-Type": "application/cloudevents+json"], body).first)
        #expect(String(decoding: event.data, as: UTF8.self) == #"{"id":"o-1"}"#)
    }

    @Test func `a batch keeps its order, and may be empty`() throws {
        let one = { (id: String) in
            #"{"specversion":"1.0","type":"t","source":"s","id":"\#(id)","data":{"n":"\#(id)"}}"#
        }
        let batch = ["Content-Type": "application/cloudevents-batch+json"]
        #expect(try read(batch, "[\(one("a")),\(one("b")),\(one("c"))]").map(\.id) == ["a", "b", "c"])
        #expect(try read(batch, "[]").isEmpty)
    }

    @Test func `a batch names the event that is wrong, and has a bound`() {
        let batch = ["Content-Type": "application/cloudevents-batch+json"]
        let good = #"{"specversion":"1.0","type":"t","source":"s","id":"i","data":1}"#
        let failure = #expect(throws: MeshError.self) {
            try read(batch, #"[\#(good),{"specversion":"1.0","type":"t","source":"s","data":1}]"#)
        }
        #expect(failure?.message.contains("event 1 of the batch") == true)
        #expect(failure?.message.contains("id") == true)
        #expect(throws: MeshError.self) {
            try read(batch, "[" + Array(repeating: good, count: 1001).joined(separator: ",") + "]")
        }
    }

    @Test(arguments: ["ce-specversion", "ce-id", "ce-source", "ce-type"])
    func `a missing attribute is named`(name: String) {
        for value in [nil, ""] as [String?] {
            var headers = binary
            headers[name] = value
            let failure = #expect(throws: MeshError.self) { try read(headers, "{}") }
            #expect(failure?.message.contains(name.dropFirst(3)) == true)
        }
    }

    @Test(arguments: [
        ("ce-specversion", "0.3"), ("ce-time", "yesterday"), ("Content-Type", "text/xml"), ("ce-id", "%FF"),
        ("ce-id", String(repeating: "i", count: 513)), ("ce-id", "a%01b"),
        ("Content-Type", "application/cloudevents+avro"),
    ])
    func `a wrong attribute is refused`(name: String, value: String) {
        var headers = binary
        headers[name] = value
        #expect(throws: MeshError.self) { try read(headers, "{}") }
    }

    @Test(arguments: [
        "", "nope", "{", "[]", #"{"specversion":"1.0","type":"t","source":"s","id":"i"}"#,
        #"{"specversion":"1.0","type":"t","source":"s","id":"i","data":{}} x"#,
        #"{"specversion":"1.0","type":"t","source":"s","id":"i","id":"j","data":{}}"#,
        #"{"specversion":"1.0","type":"t","source":"s","id":"i","data_base64":"*"}"#,
        #"{"specversion":"1.0","type":"t","source":"s","id":"i","data":{"a":}}"#,
        #"{"specversion":"1.0","type":"t","source":"s","id":"i","data":{},"data_base64":"e30="}"#,
        #"{"specversion":1.0,"type":"t","source":"s","id":"i","data":{}}"#,
    ])
    func `structured bodies that aren't events are refused`(body: String) {
        #expect(throws: MeshError.self) { try read(["Content-Type": "application/cloudevents+json"], body) }
    }

    @Test func `binary mode without a body is refused, and without a content type it is JSON`() throws {
        var headers = binary
        headers["Content-Type"] = nil
        #expect(try read(headers, "{}").first?.data == Array("{}".utf8))
        #expect(throws: MeshError.self) { try read(binary, "") }
    }

    @Test func `attributes come back as they went, in both modes`() throws {
        var seed = Seed()
        for _ in 0..<200 {
            let id = "i" + clean(seed.text())
            let source = "/" + clean(seed.text())
            let encoded = { (text: String) in
                text.addingPercentEncoding(
                    withAllowedCharacters: .alphanumerics.intersection(CharacterSet(charactersIn: "a"..."z"))) ?? ""
            }
            var headers = binary
            headers["ce-id"] = encoded(id)
            headers["ce-source"] = encoded(source)
            let first = try #require(try read(headers, "{}").first)
            let body =
                "{\"specversion\":\"1.0\",\"type\":\"t\",\"source\":\(JSONText.string(source)),\"id\":\(JSONText.string(id)),\"data\":{}}"
            let second = try #require(try read(["Content-Type": "application/cloudevents+json"], body).first)
            #expect(first.id == id && first.source == source)
            #expect(second.id == id && second.source == source)
        }
    }

    private func clean(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.value >= 0x20 }))
    }
}
