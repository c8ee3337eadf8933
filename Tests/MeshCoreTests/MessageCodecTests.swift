import MeshCore
import Testing

@Suite struct MessageCodecTests {
    private func decode(_ headers: [WireHeader], key: String? = "k", value: String? = "{}") throws -> DecodedMessage {
        try MessageCodec.decode(
            topic: "shop.Orders", partition: 3, offset: 42, timestampMilliseconds: 1_700_000_000_000,
            key: key.map { Array($0.utf8) }, value: value.map { Array($0.utf8) }, headers: headers)
    }

    @Test func `what is encoded is decoded the same`() throws {
        let message = Message(
            id: MessageID.make(), type: "shop.Orders/place", source: "/http",
            time: Timestamp(microseconds: 1_763_692_740_123_456),
            key: "k", data: Array("{}".utf8),
            extensions: MessageExtensions(
                traceparent: "00-1-2-01", replyTo: 7, keepsResult: true, deadline: Timestamp(microseconds: 99_000_001),
                due: Timestamp(microseconds: 98_000_001),
                caller: "shop.Payments", principal: Principal(name: "ada \"L\"", roles: ["clerk", "ü"]),
                onlyFor: "shop.Orders", replyFor: "x", status: .error,
                answerTo: "t.Flow/1.2.3/a",
                operation: "1.2.3",
                others: [WireHeader("x", "1"), WireHeader(name: "y", value: [0, 0xFF]), WireHeader("x", "")]))
        let stamp = LaneStamp(lane: 5, epoch: 2, sequence: 77)
        let decoded = try decode(MessageCodec.headers(of: message, stamp: stamp))
        #expect(decoded == DecodedMessage(message: message, stamp: stamp, hasOwnID: true))
    }

    @Test(arguments: [
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "4bf92f3577b34da6a3ce929d0e0e4736"),
        // A later version may have more behind it.
        ("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what", "4bf92f3577b34da6a3ce929d0e0e4736"),
        ("00-4bf9-00f067aa0ba902b7-01", nil), ("anything", nil), ("", nil), (nil, nil),
    ])
    func `a message belongs to the trace that its traceparent names`(traceparent: String?, trace: String?) {
        #expect(MessageExtensions(traceparent: traceparent).traceID == trace)
    }

    @Test func `headers of others are kept up to their bound, small ones behind a large one too`() throws {
        let headers = [
            WireHeader("a", "1"), WireHeader("large", String(repeating: "x", count: 17_000)), WireHeader("b\0", "2"),
            WireHeader("c", "3"),
        ]
        #expect(try decode(headers).message.extensions.others == [headers[0], headers[3]])
        let many = try decode((0..<1000).map { WireHeader("n\($0)", "") }).message.extensions
        #expect(many.others?.count ?? 0 > 200 && many.othersByteCount <= 16 << 10)
    }

    @Test func `a plain record gets its id from its place and its type from its topic`() throws {
        let decoded = try decode([])
        #expect(decoded.message.id == "shop.Orders/3/42")
        #expect(decoded.message.type == "shop.Orders")
        #expect(decoded.message.time.microseconds == 1_700_000_000_000_000)
        #expect(!decoded.hasOwnID && decoded.stamp == nil)
    }

    @Test(arguments: [
        ("ce_specversion", "0.3", "CloudEvents 1.0"), ("ce_id", "", "1 to 1,024"), ("ce_time", "yesterday", "RFC 3339"),
        ("mesh_reply_to", "x", "whole number"), ("mesh_lane", "7", "<lane>.<epoch>"), ("mesh_seq", "7", "go together"),
        ("content-type", "text/html", "application/json"),
        ("content-type", "application/cloudevents+json; charset=UTF-8", "structured mode"),
        ("ce_id", "a\0", "ce_id has a zero byte"), ("ce_source", "\0", "ce_source has a zero byte"),
        ("ce_type", "a\0b", "ce_type has a zero byte"), ("mesh_answer_to", "a/1.1.1/\0", "has a zero byte"),
        ("ce_source", String(repeating: "x", count: 1025), "at most 1,024"),
        ("ce_subject", String(repeating: "x", count: 1025), "at most 1,024"),
        ("traceparent", String(repeating: "x", count: 2049), "at most 2,048"),
        ("mesh_answer_to", String(repeating: "x", count: 2049), "at most 2,048"),
        ("mesh_caller", String(repeating: "x", count: 2049), "at most 2,048"),
        ("mesh_principal", String(repeating: "x", count: 2049), "at most 2,048"),
        ("mesh_principal", "ada", "{\"name\":…,\"roles\":[…]}"),
    ])
    func `a broken header is named with what is wrong`(name: String, value: String, expected: String) {
        let error = #expect(throws: MessageDecodingError.self) { try decode([WireHeader(name, value)]) }
        #expect(error?.description.contains(expected) == true)
    }

    @Test func `without a record key an event's subject is its key, and a call has none`() throws {
        let event = [WireHeader("ce_subject", "s")]
        #expect(try decode(event, key: nil).message.key == "s" && decode(event).message.key == "k")
        let call = event + [WireHeader("ce_type", "shop.Orders/place")]
        #expect(try decode(call, key: nil).message.key == nil && decode(call).message.key == "k")
        #expect(try decode(event + [WireHeader("ce_type", "shop.OrdersPlaced")], key: nil).message.key == "s")
    }

    @Test func `an empty record key is refused`() {
        let error = #expect(throws: MessageDecodingError.self) { try decode([], key: "") }
        #expect(error?.description.contains("the record's key is empty") == true)
        let subject = #expect(throws: MessageDecodingError.self) {
            try decode([WireHeader("ce_subject", "")], key: nil)
        }
        #expect(subject?.description.contains("ce_subject, the record's key, is empty") == true)
    }

    @Test func `a record without a value is refused`() {
        #expect(throws: MessageDecodingError.self) { try decode([], value: nil) }
    }

    @Test func `of a record that is refused its own id, type and source are kept where they can be read`() {
        func sketch(_ headers: [(name: String, value: String?)]) -> Message {
            MessageCodec.sketch(
                topic: "shop.Orders", partition: 3, offset: 42, timestampMilliseconds: 5, key: Array("k".utf8),
                value: nil,
                headers: headers)
        }
        let whole = sketch([
            ("ce_time", "yesterday"), ("ce_id", "i"), ("ce_type", "shop.Orders/place"), ("ce_source", "/till"),
            ("mesh_reply_to", "2"),
        ])
        #expect([whole.id, whole.type, whole.source] == ["i", "shop.Orders/place", "/till"])
        // Nobody is answered on the word of what can't be read.
        #expect(whole.extensions == MessageExtensions() && whole.key == "k" && whole.data.isEmpty)
        let bare = sketch([("ce_id", nil), ("ce_type", "")])
        #expect([bare.id, bare.type, bare.source] == ["shop.Orders/3/42", "shop.Orders", "/kafka/shop.Orders"])
    }

    @Test func `a key with a zero byte is refused: no table could ever hold it`() {
        let error = #expect(throws: MessageDecodingError.self) { try decode([], key: "a\0b") }
        #expect(error?.description == "the record's key has a zero byte")
    }

    @Test func `a key longer than a table takes is refused`() throws {
        let longest = String(repeating: "x", count: 1024)
        #expect(try decode([], key: longest).message.key == longest)
        let error = #expect(throws: MessageDecodingError.self) { try decode([], key: longest + "x") }
        #expect(error?.description == "the record's key has 1025 bytes; at most 1,024 are allowed")
    }

    // A producer may give a record any time; the product with a thousand once ended the process.
    @Test(arguments: [
        (Int64.max, "9999-12-31T23:59:59.999000Z"), (Int64.max / 1000 + 1, "9999-12-31T23:59:59.999000Z"),
        (Int64.min, "1970-01-01T00:00:00.000000Z"), (-1, "1970-01-01T00:00:00.000000Z"),
        (1, "1970-01-01T00:00:00.001000Z"),
    ])
    func `any time of a record is a date of the calendar`(milliseconds: Int64, expected: String) throws {
        let decoded = try MessageCodec.decode(
            topic: "t", partition: 0, offset: 0, timestampMilliseconds: milliseconds, key: nil, value: [], headers: [])
        #expect(decoded.message.time.iso8601 == expected)
    }

    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0 as Int64?), ("2026-11-21T02:39:00.123456Z", 1_795_228_740_123_456),
        ("2026-11-21T03:39:00.123456+01:00", 1_795_228_740_123_456), ("2024-02-29T00:00:00Z", 1_709_164_800_000_000),
        ("2023-02-29T00:00:00Z", nil), ("2026-11-21", nil), ("2026-11-21T02:39:00", nil), ("2026-13-21T02:39:00Z", nil),
        ("2026-11-21T02:39:00.Z", nil), ("0001-01-01T00:00:00Z", -62_135_596_800_000_000),
        ("9999-12-31T23:59:59-00:01", nil), ("9999-12-31T23:59:60Z", nil), ("0000-01-01T00:00:00+00:01", nil),
    ])
    func `times are read as RFC 3339 and nothing else`(text: String, expected: Int64?) {
        #expect(Timestamp(iso8601: text)?.microseconds == expected)
    }

    @Test func `printing and reading a time is the identity`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            let time = Timestamp(
                microseconds: Int64.random(in: -60_000_000_000_000_000...250_000_000_000_000_000, using: &generator))
            #expect(Timestamp(iso8601: time.iso8601) == time, "\(time.microseconds)")
        }
    }

    @Test func `ids are version 7 and sort by time`() {
        let early = MessageID.make(at: Timestamp(microseconds: 1_000_000_000_000))
        let late = MessageID.make(at: Timestamp(microseconds: 1_000_000_000_001_000))
        #expect(early < late)
        #expect(early.count == 36 && Array(early)[14] == "7")
    }
}
