import Testing

@testable import Wasm

@Suite struct JSONMembersTests {
    // Once quadratic: a guest's error of a megabyte kept the host busy for minutes, after the guest had ended.
    @Test func `an object costs what its length is, however many members it has`() throws {
        func text(_ count: Int) -> [UInt8] {
            Array(("{" + (0..<count).map { "\"m\($0)\":1" }.joined(separator: ",") + "}").utf8)
        }
        func time(_ count: Int) throws -> Duration {
            let bytes = text(count)
            let start = ContinuousClock.now
            let members = try #require(JSONMembers(bytes))
            #expect(members.raw("m\(count - 1)") == "1" && members.names.count == count)
            return start.duration(to: .now)
        }
        _ = try time(1000)
        let (few, many) = (try time(2_000), try time(64_000))
        // 32 times as many: the square would be a thousand times as long.
        #expect(many < few * 320, "\(few) for 2,000 members, \(many) for 64,000")
    }

    @Test(arguments: ["{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}"]) func `a name that stands there twice is refused`(
        text: String
    ) {
        #expect(JSONMembers(Array(text.utf8)) == nil)
    }

    /// To Swift's `==` they are one, to the schema and to every other reader two.
    @Test func `names that are equal only canonically are two`() throws {
        let members = try #require(JSONMembers(Array(#"{"\u00e9":1,"e\u0301":2,"in":{"\u212a":3,"K":4}}"#.utf8)))
        #expect(members.raw("\u{E9}") == "1" && members.raw("e\u{301}") == "2")
        #expect(JSONMembers(Array(#"{"in":{"K":3,"\u004b":4}}"#.utf8)) == nil)
    }
}
