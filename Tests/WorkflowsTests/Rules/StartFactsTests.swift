import MeshCore
import Testing
import Wasm

@testable import Workflows

/// What makes a second start of a workflow the first one.
@Suite struct StartFactsTests {
    private func facts(_ input: String) -> StartFacts {
        StartFacts(
            of: Message(
                id: "m", type: "t.S/run", source: "/http", time: .now, key: "k", data: Array(input.utf8)))
    }

    @Test(arguments: [
        (#"{"id":"a"}"#, #"{ "id" : "\u0061" }"#, true), (#"{"a":1,"b":2}"#, #"{"b":2.0,"a":10e-1}"#, true),
        (#"{"why":null}"#, "{}", true), (#"{"o":{"x":null,"y":[null]}}"#, #"{"o":{"y":[null]}}"#, true),
        (#"{"y":[null]}"#, #"{"y":[]}"#, false), (#"{"a":"null"}"#, "{}", false), (#"{"a":0}"#, "{}", false),
        (#"{"a":1}"#, #"{"a":2}"#, false),
    ])
    func `inputs that say the same are one, an absent member and null among them`(
        first: String, second: String, isSame: Bool
    ) {
        #expect(facts(first).began(with: Array(second.utf8)) == isSame)
        #expect(facts(second).began(with: Array(first.utf8)) == isSame)
    }

    @Test func `an input whose digest was made with its nulls is still itself`() {
        let input = Array(#"{"why":null,"id":"a"}"#.utf8)
        var facts = facts("{}")
        facts.inputDigest = SHA256.hex(Array(#"{"id":"a","why":null}"#.utf8))
        #expect(facts.began(with: input) && !facts.began(with: Array(#"{"id":"a"}"#.utf8)))
    }
}
