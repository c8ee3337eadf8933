import Foundation
import MeshCore
import TestSupport
import Testing

@testable import MeshRouter

@Suite struct JSONCursorTests {
    private func accepts(_ text: String) -> Bool {
        do {
            var cursor = try JSONCursor(Array(text.utf8))
            _ = try cursor.value()
            try cursor.end()
            return true
        } catch {
            return false
        }
    }

    @Test(arguments: [
        "null", "true", "false", "0", "-0", "12", "-1.5e+3", "1E5", "\"\"", #""\u00e9\ud83d\ude00\n""#, "[]", "{}",
        #"[1,[2,{"a":null}]]"#, " { \"a\" : 1 } \n",
    ])
    func `JSON is taken`(text: String) { #expect(accepts(text)) }

    @Test(arguments: [
        "", "nul", "01", "1.", ".5", "+1", "1e", "--1", "'a'", "\"a", "\"\n\"", #""\x""#, #""\ud83d""#, #""\ude00""#,
        #""\u12g4""#, "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":1,}", "{a:1}", "{\"a\":1,\"a\":2}", "[1]]", "NaN",
        "Infinity",
    ])
    func `what isn't JSON is refused`(text: String) { #expect(!accepts(text)) }

    @Test func `nesting has a bound`() {
        #expect(accepts(String(repeating: "[", count: 64) + String(repeating: "]", count: 64)))
        #expect(!accepts(String(repeating: "[", count: 65) + String(repeating: "]", count: 65)))
        #expect(!accepts(String(repeating: "[", count: 1_000_000)))
    }

    @Test func `bytes that aren't UTF-8 are refused`() {
        #expect(throws: JSONCursor.Failure.self) { try JSONCursor([0x22, 0xFF, 0x22]) }
    }

    @Test func `strings come back as they went`() throws {
        var seed = Seed()
        for _ in 0..<300 {
            let text = seed.text()
            var own = try JSONCursor(Array(JSONText.string(text).utf8))
            let read = try own.string()
            #expect(read == text)
            let foundation = try JSONSerialization.data(withJSONObject: [text])
            var other = try JSONCursor(Array(foundation))
            var found: [String] = []
            try other.array { (_, cursor) throws(JSONCursor.Failure) in found.append(try cursor.string()) }
            #expect(found == [text])
        }
    }

    @Test func `random bytes never do harm, and what is taken is JSON`() {
        var seed = Seed()
        let alphabet = Array(#"{}[]",:0123456789.eE+-truefalsn\u "#.utf8)
        for _ in 0..<5000 {
            let bytes = (0..<seed.integer(in: 0...12)).map { _ in alphabet[seed.integer(in: 0...alphabet.count - 1)] }
            let text = String(decoding: bytes, as: UTF8.self)
            // Foundation has a bound for exponents, which the grammar has not.
            if accepts(text), !text.lowercased().contains("e") || !text.contains(where: \.isNumber) {
                #expect(
                    (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil,
                    "accepted \(text)")
            }
        }
    }
}
