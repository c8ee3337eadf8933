import Schemas
import Testing

@Suite struct ValueTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var type: String
        var json: String
        /// `rule path`, or nil where the value is fine.
        var finding: String?

        init(_ type: String, _ json: String, _ finding: String? = nil) {
            (self.type, self.json, self.finding) = (type, json, finding)
        }

        var testDescription: String { "\(type) \(json.prefix(60))" }
    }

    static let scalars: [Case] = [
        .init("String!", #""""#), .init("String!", #""a\n\u00e9\ud83d\ude00ü""#),
        .init("String!", #""\u0000""#, "nulCharacter v"), .init("String!", #""\ud83d""#, "unpairedSurrogate v"),
        .init("String!", #""\ude00\ud83d""#, "unpairedSurrogate v"),
        .init("String!", #""\ud83d\u0041""#, "unpairedSurrogate v"),
        .init("String!", #""\x""#, "malformed v"), .init("String!", #""\u12g4""#, "malformed v"),
        .init("String!", "\"a\tb\"", "malformed v"), .init("String!", "\"open", "malformed v"),
        .init("String!", "1", "wrongType v"), .init("String!", "null", "unexpectedNull v"), .init("String", "null"),
        .init("Int!", "0"), .init("Int!", "-0"), .init("Int!", "2147483647"), .init("Int!", "-2147483648"),
        .init("Int!", "2147483648", "outOfRange v"), .init("Int!", "-2147483649", "outOfRange v"),
        .init("Int!", "99999999999999999999", "outOfRange v"), .init("Int!", "1.0", "wrongType v"),
        .init("Int!", "1e2", "wrongType v"), .init("Int!", "01", "malformed v"), .init("Int!", "+1", "malformed v"),
        .init("Int!", "-", "malformed v"), .init("Int!", "\"1\"", "wrongType v"), .init("Int!", "1x", "malformed v"),
        .init("Int!", "true", "wrongType v"), .init("Int!", "nul", "malformed v"),
        .init("Int!", "1" + String(repeating: "0", count: 64), "outOfRange v"),
        .init("Int!", "1" + String(repeating: "0", count: 512), "numberTooLarge v"),
        .init("Long!", #""9223372036854775807""#), .init("Long!", #""-9223372036854775808""#), .init("Long!", #""0""#),
        .init("Long!", #""9223372036854775808""#, "outOfRange v"),
        .init("Long!", #""-9223372036854775809""#, "outOfRange v"),
        .init("Long!", "1", "wrongType v"), .init("Long!", #""1.5""#, "wrongForm v"),
        .init("Long!", #""01""#, "wrongForm v"),
        .init("Long!", #"" 1""#, "wrongForm v"), .init("Long!", #""""#, "wrongForm v"),
        .init("Long!", #""-""#, "wrongForm v"),
        .init("Long!", #""\u0031\u0032""#),
        .init("Float!", "0.5"), .init("Float!", "-1e-3"), .init("Float!", "3"), .init("Float!", "1E+308"),
        .init("Float!", "1e309", "numberTooLarge v"), .init("Float!", "1e-400", "numberTooLarge v"),
        .init("Float!", ".5", "malformed v"),
        .init("Float!", "1.", "malformed v"), .init("Float!", "NaN", "malformed v"),
        .init("Float!", "Infinity", "malformed v"),
        .init("Float!", "0x10", "malformed v"), .init("Float!", "1e", "malformed v"),
        .init("Boolean!", "true"), .init("Boolean!", "false"), .init("Boolean!", "tru", "malformed v"),
        .init("Boolean!", "True", "malformed v"), .init("Boolean!", "1", "wrongType v"),
        .init("Boolean!", "truex", "malformed v"),
        .init("ID!", #""x""#), .init("ID!", #""""#, "wrongForm v"), .init("ID!", "5", "wrongType v"),
        .init("UUID!", #""0191e7c2-5b1f-7c3a-9d2e-4f5a6b7c8d9e""#),
        .init("UUID!", #""0191E7C2-5B1F-7C3A-9D2E-4F5A6B7C8D9E""#),
        .init("UUID!", #""0191e7c25b1f7c3a9d2e4f5a6b7c8d9e""#, "wrongForm v"),
        .init("UUID!", #""0191e7c2-5b1f-7c3a-9d2e-4f5a6b7c8d9g""#, "wrongForm v"),
        .init("Decimal!", #""12.50""#), .init("Decimal!", #""-0.01""#), .init("Decimal!", #""0""#),
        .init("Decimal!", "\"" + String(repeating: "9", count: 38) + "\""),
        .init("Decimal!", "\"" + String(repeating: "9", count: 39) + "\"", "wrongForm v"),
        .init("Decimal!", "12.5", "wrongType v"), .init("Decimal!", #""1e5""#, "wrongForm v"),
        .init("Decimal!", #"".5""#, "wrongForm v"),
        .init("Decimal!", #""5.""#, "wrongForm v"), .init("Decimal!", #""007""#, "wrongForm v"),
        .init("Decimal!", #""+1""#, "wrongForm v"),
        .init("Date!", #""2024-02-29""#), .init("Date!", #""2026-02-29""#, "wrongForm v"),
        .init("Date!", #""2026-13-01""#, "wrongForm v"),
        .init("Date!", #""0000-01-01""#, "wrongForm v"), .init("Date!", #""1900-02-29""#, "wrongForm v"),
        .init("Date!", #""2000-02-29""#),
        .init("Date!", #""2026-1-1""#, "wrongForm v"), .init("Date!", #""2026-01-01T00:00:00Z""#, "wrongForm v"),
        .init("Time!", #""23:59:59.999999999""#), .init("Time!", #""24:00:00""#, "wrongForm v"),
        .init("Time!", #""12:60:00""#, "wrongForm v"),
        .init("Time!", #""12:00""#, "wrongForm v"), .init("Time!", #""12:00:00.""#, "wrongForm v"),
        .init("Time!", #""12:00:60""#, "wrongForm v"),
        .init("DateTime!", #""2026-11-21T13:05:00Z""#), .init("DateTime!", #""2026-11-21T13:05:00.5+02:00""#),
        .init("DateTime!", #""2026-11-21T13:05:00""#, "wrongForm v"),
        .init("DateTime!", #""2026-11-21 13:05:00Z""#, "wrongForm v"),
        .init("DateTime!", #""2026-11-21T13:05:00+16:00""#, "wrongForm v"),
        .init("DateTime!", "1700000000", "wrongType v"),
        // In UTC these are in the year 0, and in the year 10,000.
        .init("DateTime!", #""0001-01-01T00:00:00+01:00""#, "wrongForm v"),
        .init("DateTime!", #""0001-01-01T00:59:59.9+01:00""#, "wrongForm v"),
        .init("DateTime!", #""0001-01-01T01:00:00+01:00""#), .init("DateTime!", #""0001-01-01T00:00:00-15:59""#),
        .init("DateTime!", #""9999-12-31T23:00:00-01:00""#, "wrongForm v"),
        .init("DateTime!", #""9999-12-31T22:59:59.999999999-01:00""#), .init("DateTime!", #""9999-12-31T23:59:59Z""#),
        .init("Duration!", #""PT1H30M""#), .init("Duration!", #""P2W""#), .init("Duration!", #""P1DT0.5S""#),
        .init("Duration!", #""-PT1S""#),
        .init("Duration!", #""P""#, "wrongForm v"), .init("Duration!", #""PT""#, "wrongForm v"),
        .init("Duration!", #""P1Y""#, "wrongForm v"),
        .init("Duration!", #""PT1M1H""#, "wrongForm v"), .init("Duration!", #""1h""#, "wrongForm v"),
        .init("Duration!", #""P1DT""#, "wrongForm v"),
        .init("URL!", #""https://example.org/a?b=c#d""#), .init("URL!", #""mailto:a@b.c""#),
        .init("URL!", #""/path""#, "wrongForm v"),
        .init("URL!", #""https://""#, "wrongForm v"), .init("URL!", #""http://a b""#, "wrongForm v"),
        .init("URL!", #""x:%zz""#, "wrongForm v"),
        .init("URL!", #""https:\/\/example.org\/""#),
        .init("Bytes!", #""""#), .init("Bytes!", #""aGk=""#), .init("Bytes!", #""aGkh""#),
        .init("Bytes!", #""QQ==""#), .init("Bytes!", #""QR==""#, "wrongForm v"),
        .init("Bytes!", #""aGl=""#, "wrongForm v"),
        .init("Bytes!", #""aGk""#, "wrongForm v"),
        .init("Bytes!", #""a===""#, "wrongForm v"), .init("Bytes!", #""aG-_""#, "wrongForm v"),
        .init("Bytes!", #""====""#, "wrongForm v"),
        .init("JSON!", #"{"a":[1,2.5e3,"x",null,true,{}],"b":[]}"#), .init("JSON!", "null", "unexpectedNull v"),
        .init("JSON", "null"),
        .init("JSON!", #"{"a":{"b":1},"b":{"a":1,"b":2}}"#), .init("JSON!", #"{"a":1,"a":2}"#, "duplicateField v.a"),
        .init("JSON!", #"[{"x":{"a":1,"b":2,"\u0061":3}}]"#, "duplicateField v[0].x.a"),
        .init("JSON!", #"{"\u0061":1,"b":{"\u0061":1},"a":2}"#, "duplicateField v.a"),
        .init("JSON!", #"{"":1,"":2}"#, "duplicateField v."), .init("JSON!", #"{"\u00e9":1,"e\u0301":2}"#),
        .init("JSON!", #"{"a":"\u0000"}"#, "nulCharacter v.a"), .init("JSON!", #"{"a\u0000":1}"#, "nulCharacter v"),
        .init("JSON!", "1e999", "numberTooLarge v"), .init("JSON!", "[1,]", "malformed v[1]"),
        .init("JSON!", "{,}", "malformed v"),
        .init("JSON!", "[1 2]", "malformed v[0]"), .init("JSON!", #"{"a" 1}"#, "malformed v.a"),
        .init("JSON!", "{a:1}", "malformed v"),
        .init("E!", #""RED""#), .init("E!", #""\u0052ED""#), .init("E!", #""red""#, "unknownEnumValue v"),
        .init("E!", "1", "wrongType v"),
        .init("E!", #""RE""#, "unknownEnumValue v"),
        .init("[Int!]!", "[]"), .init("[Int!]!", "[1, 2 ,3]"), .init("[Int!]!", "[1,null]", "unexpectedNull v[1]"),
        .init("[Int]!", "[null]"),
        .init("[Int!]!", "{}", "wrongType v"), .init("[[Int!]!]!", "[[1],[2,\"3\"]]", "wrongType v[1][1]"),
        .init("[Int!]!", "[1", "malformed v[0]"),
        .init("[Int!]!", "[1,]", "malformed v[1]"),
        .init("P!", #"{"x":1,"y":2}"#), .init("P!", #"{ "y" : 2 , "x" : 1 }"#), .init("P!", #"{"\u0078":1,"y":2}"#),
        .init("P!", #"{"x":1}"#, "missingField v.y"), .init("P!", #"{"x":1,"y":2,"z":3}"#, "unknownField v.z"),
        .init("P!", #"{"x":1,"y":2,"x":3}"#, "duplicateField v.x"),
        .init("P!", #"{"x":1,"y":2,"\u0078":3}"#, "duplicateField v.x"),
        .init("P!", #"{"x":1,"y":null}"#, "unexpectedNull v.y"), .init("P!", #"{"x":1,"y":2,"n":null}"#),
        .init("P!", "[]", "wrongType v"),
        .init("P!", #"{"x":1,"y":2,}"#, "malformed v"), .init("P!", #"{"x":1"y":2}"#, "malformed v.x"),
        .init("P!", #"{"":1}"#, "unknownField v."),
        .init("[P!]!", #"[{"x":1,"y":2},{"x":1,"y":"2"}]"#, "wrongType v[1].y"),
    ]

    /// Numbers at the edges of what is kept, beside `NumberTests`, where Postgres keeps them.
    static let edges: [Case] = [
        "1e309", "-1e309", "1e-324", "1e-20000", "-1e-99999999999999999999999999", "2e-324", "0e-600", "0e100000",
        "0e-99999999999999999999", "0e99999999999999999999", "1" + String(repeating: "0", count: 309),
        "0." + String(repeating: "0", count: 330) + "1", "0." + String(repeating: "1", count: 511),
        "1." + String(repeating: "0", count: 500) + "e-100",
    ].flatMap { [Case("Float!", $0, "numberTooLarge v"), Case("JSON!", "[\($0)]", "numberTooLarge v[0]")] }

    static let constrained: [Case] = [
        .init("Int! @min(1) @max(10)", "1"), .init("Int! @min(1) @max(10)", "10"),
        .init("Int! @min(1)", "0", "belowMinimum v"),
        .init("Int! @max(10)", "11", "aboveMaximum v"), .init("Int @min(1)", "null"),
        .init(#"Decimal! @min("0.01") @max(99.99)"#, #""0.01""#),
        .init("Decimal! @min(0.01)", #""0.009""#, "belowMinimum v"),
        .init("Decimal! @max(99.99)", #""99.990""#), .init("Decimal! @max(99.99)", #""99.991""#, "aboveMaximum v"),
        .init("Decimal! @min(0)", #""-0""#), .init("Decimal! @min(0)", #""-0.1""#, "belowMinimum v"),
        .init("Decimal! @min(0)", #""1""#),
        .init("Decimal! @min(-5)", #""-5.01""#, "belowMinimum v"), .init("Decimal! @min(-5)", #""-4.99""#),
        .init("Long! @min(9007199254740993)", #""9007199254740992""#, "belowMinimum v"),
        .init("Long! @min(9007199254740993)", #""9007199254740993""#),
        .init("Float! @min(0.5) @max(1e3)", "0.5"), .init("Float! @min(0.5)", "0.4999", "belowMinimum v"),
        .init("Float! @max(1e3)", "1000.1", "aboveMaximum v"),
        .init("Float! @max(1e3)", "1E3"),
        .init("Int! @max(1e3)", "1000"), .init("Int! @max(1e3)", "1001", "aboveMaximum v"),
        .init("Int! @max(5.0)", "5"), .init("Int! @max(5.0)", "6", "aboveMaximum v"),
        .init("Int! @min(-1.5e1)", "-15"), .init("Int! @min(-1.5e1)", "-16", "belowMinimum v"),
        .init("Int! @min(0.0) @max(0e5)", "0"), .init("Int! @min(0.0)", "-1", "belowMinimum v"),
        .init("Int! @max(2147483647.00)", "2147483647"), .init("Int! @min(-2147483648.0)", "-2147483648"),
        .init("[Int!]! @max(1e3)", "[1001]", "aboveMaximum v[0]"),
        .init("Long! @max(1e3)", #""1001""#, "aboveMaximum v"),
        .init("Float @min(1)", "1e-300", "belowMinimum v"), .init("Float @min(1)", "0e99999", "belowMinimum v"),
        .init("Float @max(-1)", "-1e-300", "aboveMaximum v"), .init("Float @min(-1) @max(1)", "-1e-300"),
        .init("Float @min(0)", "-1e-300", "belowMinimum v"), .init("Float @max(0)", "0e99999"),
        .init("String! @length(min: 2, max: 3)", #""äö""#), .init("String! @length(min: 2)", #""ä""#, "tooShort v"),
        .init("String! @length(max: 3)", #""abcd""#, "tooLong v"), .init("String! @length(max: 3)", #""\u0061bc""#),
        .init("String! @length(max: 2)", #""😀😀""#), .init("String! @length(max: 1)", #""\ud83d\ude00""#),
        .init("Bytes! @length(max: 2)", #""aGk=""#), .init("Bytes! @length(max: 2)", #""aGkh""#, "tooLong v"),
        .init("[Int!]! @length(min: 1, max: 2)", "[1]"), .init("[Int!]! @length(min: 1)", "[]", "tooShort v"),
        .init("[Int!]! @length(max: 2)", "[1,2,3]", "tooLong v"),
        .init("[Int!]! @min(1)", "[1,0]", "belowMinimum v[1]"),
        .init(#"[String!]! @pattern("[a-z]+")"#, #"["a","B"]"#, "patternMismatch v[1]"),
        .init(#"String! @pattern("[A-Z]{3}-\\d+")"#, #""ABC-12""#),
        .init(#"String! @pattern("^[A-Z]{3}$")"#, #""ABC""#),
        .init(#"String! @pattern("[A-Z]{3}")"#, #""xABCx""#, "patternMismatch v"),
        .init(#"String! @pattern("é+")"#, #""\u00e9é""#),
        .init(#"String! @pattern("a|b")"#, #""c""#, "patternMismatch v"),
    ]

    @Test(arguments: scalars + edges + constrained)
    func `a value is accepted or refused at its path, by its rule`(test: Case) throws {
        let schema = try schema(
            """
            enum E { RED GREEN }
            type P { x: Int!  y: Int!  n: Int }
            type T { v: \(test.type) }
            service S { m(t: T, e: E, p: P): Void }
            """)
        let shape = try #require(ValueShape.type("T", in: schema))
        #expect(finding(shape, "{\"v\":\(test.json)}") == test.finding)
        // Space is allowed wherever JSON allows it.
        #expect(finding(shape, " \n{\t\"v\" :\r\(test.json) } ") == test.finding)
    }

    private func finding(_ shape: ValueShape, _ json: String) -> String? { finding(shape, Array(json.utf8)) }

    private func finding(_ shape: ValueShape, _ bytes: [UInt8]) -> String? {
        do {
            try shape.validate(bytes)
            return nil
        } catch {
            return "\(error.rule) \(error.path)"
        }
    }

    private static let order = """
        type Order { customer: ID!  items: [Item!]! }
        type Item { sku: String!  quantity: Int! @min(1) @max(100) }
        service Orders { place(order: Order!, note: String): Order! }
        """

    @Test func `an error names the path, the rule and the value cut short`() throws {
        let schema = try schema(ValueTests.order)
        let method = try #require(schema.method("t.Orders/place"))
        let shape = ValueShape.arguments(of: method, in: schema)
        let json = #"{"order":{"customer":"c","items":[{"sku":"a","quantity":1},{"sku":"b","quantity":0}]}}"#
        let error = #expect(throws: ValueError.self) { try shape.validate(Array(json.utf8)) }
        #expect(error?.description == "order.items[1].quantity must be at least 1, and is 0")
        #expect(error?.value == "0")
        let long = #"{"order":{"customer":""# + String(repeating: "x", count: 5000) + #"","items":7}}"#
        let second = #expect(throws: ValueError.self) { try shape.validate(Array(long.utf8)) }
        #expect(second?.description == "order.items must be a list, and is a number: 7")
        let unknown = #"{"order":{"custommer":"c","items":[]}}"#
        let third = #expect(throws: ValueError.self) { try shape.validate(Array(unknown.utf8)) }
        #expect(third?.description == "order.custommer is unknown; did you mean `customer`?")
        let cut =
            #"{"order":{"customer":"c","items":[{"sku":""# + String(repeating: "é", count: 500)
            + #"","quantity":"1"}]}}"#
        let fourth = #expect(throws: ValueError.self) { try shape.validate(Array(cut.utf8)) }
        #expect(fourth?.path == "order.items[0].quantity")
        for (value, found) in [
            ("[]", "a list: []"), (#"{"a":"]}\""}"#, #"an object: {"a":"]}\""}"#),
            ("[[{}], [ ]]", "a list: [[{}], [ ]]"),
            ("[\(String(repeating: "1,", count: 90))1]", "a list: [\(String(repeating: "1,", count: 24))1…"),
            ("[\(String(repeating: " ", count: 48))]", "a list: [\(String(repeating: " ", count: 48))]"),
        ] {
            let json = #"{"order":{"items":[],"customer":\#(value)}}"#
            let error = #expect(throws: ValueError.self) { try shape.validate(Array(json.utf8)) }
            #expect(error?.description == "order.customer must be a string that isn't empty (ID), and is \(found)")
        }
    }

    @Test(
        arguments: [
            [0x22, 0xC0, 0xAF, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22], [0x22, 0xF5, 0x80, 0x80, 0x80, 0x22],
            [0x22, 0xE2, 0x82, 0x22],
            [0x22, 0x80, 0x22], [0x22, 0xFF, 0x22], [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22],
            [0x22, 0xE0, 0x80, 0x80, 0x22], [0x22, 0xC3],
        ] as [[UInt8]])
    func `bytes that are not UTF-8 are refused`(bytes: [UInt8]) throws {
        let schema = try schema("type T { v: String! }\nservice S { m(t: T): Void }")
        let shape = try #require(ValueShape.type("T", in: schema))
        for padding in 0..<12 {
            let prefix = Array("{\"v\":\"".utf8) + [UInt8](repeating: 0x61, count: padding)
            #expect(finding(shape, prefix + bytes.dropFirst() + Array("}".utf8)) == "invalidUTF8 v")
        }
    }

    @Test func `what follows the value is refused, and so is nothing`() throws {
        let schema = try schema("type T { v: Int }\nservice S { m(t: T): Void }")
        let shape = try #require(ValueShape.type("T", in: schema))
        #expect(finding(shape, "{} {}") == "trailingData ")
        #expect(finding(shape, "{}\u{0}") == "trailingData ")
        #expect(finding(shape, "") == "malformed ")
        #expect(finding(shape, "   ") == "malformed ")
        #expect(finding(shape, "\u{FEFF}{}") == "malformed ")
        shape.expectFine(#"{"v":null}"#)
    }

    @Test func `nesting is bounded in typed values and in free JSON`() throws {
        let schema = try schema("type T { v: JSON  t: T }\nservice S { m(t: T): Void }")
        let shape = try #require(ValueShape.type("T", in: schema))
        let free = { (depth: Int) in
            "{\"v\":" + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}"
        }
        shape.expectFine(free(63))
        #expect(finding(shape, free(64))?.hasPrefix("tooDeep v") == true)
        #expect(finding(shape, "{\"v\":" + String(repeating: "[", count: 1_000_000))?.hasPrefix("tooDeep v") == true)
        let typed = { (depth: Int) in
            String(repeating: "{\"t\":", count: depth - 1) + "{}" + String(repeating: "}", count: depth - 1)
        }
        shape.expectFine(typed(64))
        #expect(finding(shape, typed(65))?.hasPrefix("tooDeep t.t") == true)
    }

    @Test func `a handler ignores fields it does not know, at any depth, and an emitter may not send them`() throws {
        let schema = try schema(
            """
            type E { id: ID!  inner: I! }
            type I { a: Int! }
            service A { @emits(event: "e.e", key: "id") e(event: E!): Void }
            service B { @handles(event: "e.e") on(event: E!): Void }
            """)
        let json = #"{"id":"x","new":{"deep":[1,"\ud83d\ude00"]},"inner":{"a":1,"b":2}}"#
        let handler = try #require(schema.service("B")?.methods[0].eventHandler)
        ValueShape.handledEvent(handler, in: schema).expectFine(json)
        #expect(finding(ValueShape.event(schema.events[0], in: schema), json) == "unknownField new")
        #expect(
            finding(ValueShape.handledEvent(handler, in: schema), #"{"id":"x","new":[1,,],"inner":{"a":1}}"#)
                == "malformed new[1]")
    }

    @Test func `an answer that is an object is itself, any other is wrapped, and none is an empty object`() throws {
        let schema = try schema(
            """
            type T { a: Int! }
            service S { object: T!  maybe: T  text: String!  list: [T!]!  nothing: Void  free: JSON  count: Int }
            """)
        let service = try #require(schema.service("S"))
        func check(_ name: String, _ json: String, _ expected: String? = nil) throws {
            let method = try #require(service.method(name))
            #expect(finding(.result(of: method, in: schema), json) == expected, "\(name) \(json)")
        }
        try check("object", #"{"a":1}"#)
        try check("object", #"{"value":null}"#, "unknownField value")
        try check("maybe", #"{"a":1}"#)
        try check("maybe", #" { "value" : null } "#)
        try check("maybe", #"{"value":{"a":1}}"#, "unknownField value")
        try check("maybe", "null", "unexpectedNull ")
        try check("text", #"{"value":"x"}"#)
        try check("text", #"{"value":null}"#, "unexpectedNull value")
        try check("text", #""x""#, "wrongType ")
        try check("list", #"{"value":[{"a":1}]}"#)
        try check("nothing", "{}")
        try check("nothing", #"{"value":null}"#, "unknownField value")
        try check("free", #"{"value":{"x":1}}"#)
        try check("free", "{}")
        try check("count", #"{"value":null}"#)
    }

    @Test func `objects with hundreds of fields are checked in any order`() throws {
        let count = 500
        let fields = (0..<count).map { "f\($0): Int!" }.joined(separator: " ")
        let schema = try schema("type T { \(fields) }\nservice S { m(t: T): Void }")
        let shape = try #require(ValueShape.type("T", in: schema))
        func json(_ order: some Sequence<Int>) -> String {
            "{" + order.map { "\"f\($0)\":\($0)" }.joined(separator: ",") + "}"
        }
        shape.expectFine(json(0..<count))
        shape.expectFine(json((0..<count).reversed()))
        #expect(finding(shape, json((0..<count).filter { $0 != 257 })) == "missingField f257")
        #expect(finding(shape, json(Array(0..<count) + [70])) == "duplicateField f70")
    }

    @Test func `of the names within JSON one that is given twice is found, however many there are`() throws {
        let schema = try schema("type T { v: JSON! }\nservice S { m(t: T): Void }")
        let shape = try #require(ValueShape.type("T", in: schema))
        func json(_ names: some Sequence<Int>) -> String {
            "{\"v\":{" + names.map { "\"name-\($0)\":{}" }.joined(separator: ",") + "}}"
        }
        for count in [7, 8, 9, 10, 50_000] {
            #expect(finding(shape, json(0..<count)) == nil)
            #expect(finding(shape, json(Array(0..<count) + [count / 2])) == "duplicateField v.name-\(count / 2)")
        }
    }
}

extension ValueShape {
    /// Expects that `json` is accepted.
    func expectFine(_ json: String, _ place: Testing.SourceLocation = #_sourceLocation) {
        #expect(throws: Never.self, sourceLocation: place) { try validate(Array(json.utf8)) }
    }
}
