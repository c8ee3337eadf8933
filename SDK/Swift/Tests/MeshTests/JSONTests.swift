import Testing

@testable import Mesh

@Suite struct JSONCoding {
    private func value(_ random: inout SeededGenerator, depth: Int) -> JSONValue {
        switch Int.random(in: 0...(depth > 0 ? 6 : 4), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2: return .number("\(Int64.random(in: .min ... .max, using: &random))")
        case 3:
            return .number("-0.\(Int.random(in: 0...999, using: &random))e+\(Int.random(in: 0...20, using: &random))")
        case 4: return .string(text(&random))
        case 5: return .array((0..<Int.random(in: 0...4, using: &random)).map { _ in value(&random, depth: depth - 1) })
        default:
            return .object(
                (0..<Int.random(in: 0...4, using: &random)).map { _ in
                    JSONValue.Member(text(&random), value(&random, depth: depth - 1))
                })
        }
    }

    private func text(_ random: inout SeededGenerator) -> String {
        let alphabet: [Character] = ["a", "\"", "\\", "\n", "\u{0}", "\u{1F}", "é", "日", "😀", "/", "\u{7F}", " ", "{"]
        return String(
            (0..<Int.random(in: 0...8, using: &random)).map { _ in
                alphabet[Int.random(in: alphabet.indices, using: &random)]
            })
    }

    @Test func `what is written reads as the same value`() throws {
        try forRandomCases(500) { random in
            let value = value(&random, depth: 4)
            return try JSONValue(jsonText: value.jsonText) == value
        }
    }

    @Test func `plain text ends where byte by byte it does`() {
        forRandomCases(2000) { random in
            // Mostly what is plain, high bytes too, with what isn't and its neighbours.
            let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ -> UInt8 in
                let edges: [UInt8] = [
                    0x00, 0x1F, 0x20, 0x21, 0x22, 0x23, 0x5B, 0x5C, 0x5D, 0x7F, 0x80, 0xA2, 0xDC, 0xFF,
                ]
                return Int.random(in: 0..<6, using: &random) == 0
                    ? edges[Int.random(in: edges.indices, using: &random)]
                    : UInt8.random(in: 0x23...0x5B, using: &random)
            }
            return bytes.withUnsafeBufferPointer { bytes in
                (0...bytes.count + 2).allSatisfy { start in
                    let rest = bytes.indices.dropFirst(start)
                    let end = rest.first { bytes[$0] < 0x20 || bytes[$0] == 0x22 || bytes[$0] == 0x5C }
                    return bytes.endOfPlainText(from: start) == end ?? max(start, bytes.count)
                }
            }
        }
    }

    @Test func `no damaged text crashes the reader`() {
        forRandomCases(2000) { random in
            var bytes = value(&random, depth: 4).jsonBytes
            for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0...2, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: index)
                default: bytes.removeSubrange(index...)
                }
            }
            bytes.withUnsafeBufferPointer { bytes in
                _ = try? JSONValue(jsonBytes: bytes)
                var reader = JSONReader(bytes)
                _ = try? reader.skipValue()
            }
            return true
        }
    }

    @Test func `skipping ends where reading ends`() throws {
        try forRandomCases(500) { random in
            let text = "[" + value(&random, depth: 4).jsonText + ",\"end\"]"
            var found = ""
            var text2 = text
            try text2.withUTF8 { bytes in
                var reader = JSONReader(bytes)
                try reader.openArray()
                _ = try reader.nextElement()
                try reader.skipValue()
                _ = try reader.nextElement()
                found = try reader.readString()
            }
            return found == "end"
        }
    }

    @Test(arguments: [
        "", " ", "{", "[1,]", "[,1]", "{\"a\" 1}", "{\"a\":1,}", "{a:1}", "01", "1.", "-", ".5", "1e", "+1", "tru",
        "nul",
        "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"a", "\"\u{1}\"", "1 2", "[1 2]", "]", "'a'",
    ]) func `what isn't JSON is refused`(text: String) {
        #expect(throws: MeshError.self) { try JSONValue(jsonText: text) }
    }

    @Test func `escapes are resolved`() throws {
        #expect(try String(jsonText: #""\u00e9\ud83d\ude00\"\\\/\b\f\n\r\t""#) == "é😀\"\\/\u{8}\u{C}\n\r\t")
    }

    @Test(arguments: [
        #"{"code":"OUT_OF_STOCK","message":"none"}"#, #"{"\u0063ode":"OUT_OF_STOCK","m\u0065ssag\u0065":"none"}"#,
        #"{"x\"":{"\u0063ode":1},"c\u006fde":"OUT_OF_STOCK","message":"none"}"#,
    ])
    func `a member's name is the same however it is written`(text: String) throws {
        let error = try MeshError(jsonText: text)
        #expect(error.message == "none" && error.code == "OUT_OF_STOCK", "\(error)")
    }

    @Test func `names that lack nothing but an escape's end match no other`() throws {
        var text = #"{"\u0061":1,"b":2,"\u0063\u0064":3,"":4,"\n":5}"#
        try text.withUTF8 { bytes in
            var reader = JSONReader(bytes)
            var found: [String] = []
            try reader.openObject()
            while try reader.nextMember() {
                switch reader.key {
                case "a": found.append("a")
                case "b": found.append("b")
                case "cd": found.append("cd")
                case "": found.append("empty")
                default: found.append("other")
                }
                #expect(reader.key.string == reader.keyString)
                try reader.skipValue()
            }
            #expect(found == ["a", "b", "cd", "empty", "other"])
        }
    }

    @Test func `deep nesting is refused instead of exhausting the stack`() {
        let text = String(repeating: "[", count: 100_000)
        #expect(throws: MeshError.self) { try JSONValue(jsonText: text) }
        #expect(throws: MeshError.self) {
            var text = text
            try text.withUTF8 { bytes in
                var reader = JSONReader(bytes)
                try reader.skipValue()
            }
        }
    }

    @Test func `numbers keep to the width of their type`() throws {
        #expect(try Int(jsonText: "-2147483648") == -2_147_483_648)
        #expect(throws: MeshError.self) { try Int(jsonText: "2147483648") }
        #expect(throws: MeshError.self) { try Int(jsonText: "1.5") }
        #expect(try Int64(jsonText: "\"-9223372036854775808\"") == .min)
        #expect(try Int64(jsonText: "9223372036854775807") == .max)
        #expect(throws: MeshError.self) { try Int64(jsonText: "\"9223372036854775808\"") }
        #expect(Int64.max.jsonText == "\"9223372036854775807\"")
        #expect(try Double(jsonText: "1e3") == 1000)
        #expect((0.1).jsonText == "0.1")
        #expect((1e300).jsonText.contains("e+300"))
        #expect((3.0).jsonText == "3")
    }

    @Test func `floating point numbers survive`() throws {
        try forRandomCases(1000) { random in
            let value = Double(bitPattern: random.next())
            return try !value.isFinite || Double(jsonText: value.jsonText) == value
        }
    }

    @Test func `an absent member is left out, a nested null is kept`() {
        var json = JSONWriter()
        json.openObject()
        json.member("a", String?.none)
        json.member("b", [Int?](arrayLiteral: 1, nil))
        json.closeObject()
        #expect(String(decoding: json.bytes, as: UTF8.self) == #"{"b":[1,null]}"#)
    }

    @Test func `an error says where`() {
        #expect(throws: MeshError.invalidRequest("JSON, byte 3: expected ',' or the end of the list")) {
            try [Int](jsonText: "[1 2]")
        }
    }
}
