import MeshCore
import Testing

@Suite struct MeshErrorTests {
    private func json(_ message: String, details: String? = nil, code: String? = nil) -> String {
        MeshError(
            .failedPrecondition, message, details: details, timestamp: Timestamp(microseconds: 0),
            applicationCode: code
        ).json
    }

    @Test func `an error as JSON has nothing that Postgres can't read as text`() {
        let text = json("a\0b", details: #"{"k\u0000":["\u0000\\u0000\"\u0000"]}"#, code: "C\0")
        #expect(text.contains(#""code":"C\#u{FFFD}""#))
        #expect(text.contains(#""message":"a\#u{FFFD}b""#))
        #expect(text.contains(#""details":{"k\ufffd":["\ufffd\\u0000\"\ufffd"]}"#))
    }

    @Test(arguments: [
        (#"["\ud800"]"#, #"["\ufffd"]"#), (#"["\udc00\ud800x"]"#, #"["\ufffd\ufffdx"]"#),
        (#"["\uD800\uD83D\uDE00"]"#, #"["\ufffd\uD83D\uDE00"]"#), (#"["\ud83d\\ude00"]"#, #"["\ufffd\\ude00"]"#),
        (#"["\ud83d\n"]"#, #"["\ufffd\n"]"#),
    ])
    func `a half of a character in an error's details isn't one`(details: String, wanted: String) {
        #expect(json("m", details: details).contains("\"details\":\(wanted),"))
    }

    @Test(arguments: [#"{"sku":"kite","n":[1,null,"\u00e4\t\\"]}"#, #""\ud83d\ude00""#, "null", "7"])
    func `other details are kept byte for byte`(details: String) {
        #expect(json("m", details: details).contains("\"details\":\(details),"))
    }
}
