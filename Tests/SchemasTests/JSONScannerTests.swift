import Schemas
import Testing

@Suite struct JSONScannerTests {
    @Test(arguments: [
        (#"{"id":"a"}"#, "id", "a"), (#" { "x" : [ { "id" : 1 } , "}" ] , "id" : "b" } "#, "id", "b"),
        (#"{"id":""}"#, "id", ""),
        (#"{"order":{"x":{"customer":"no"},"customer":"c-1"}}"#, "order.customer", "c-1"),
        (#"{"n":-12.50e3}"#, "n", "-12.50e3"),
        (#"{"n":7}"#, "n", "7"), (#"{"b":true}"#, "b", "true"), (#"{"b":false ,"c":1}"#, "b", "false"),
        (#"{"id":"\u00e9\n\"\ud83d\ude00"}"#, "id", "é\n\"😀"), (#"{"\u0069d":"x"}"#, "id", "x"),
        (#"{"a\"id":"no","id":"yes"}"#, "id", "yes"),
        (#"{"id":"first","id":"second"}"#, "id", "first"), (#"{"a":"\\","id":"x"}"#, "id", "x"),
        (#"{"ü":"x"}"#, "ü", "x"),
    ])
    func `the text of a scalar is found by its path`(json: String, path: String, expected: String) {
        #expect(JSONScanner.keyText(of: path.split(separator: ".").map(String.init), in: Array(json.utf8)) == expected)
    }

    @Test(arguments: [
        "", " ", "{}", "[]", "1", #"{"id":null}"#, #"{"id":{}}"#, #"{"id":[1]}"#, #"{"idx":1}"#, #"{"x":{"id":1}}"#,
        #"{"id""#, #"{"id":"#, #"{"id":"open"#,
        #"{"id":,}"#, #"{"id":}"#, #"{"x":"\"#, #"{"x":[[[["#, #"["id",1]"#, "{id:1}", #"{"x" "id":1}"#, #"{"x":]]]"#,
    ])
    func `where no scalar stands there is no key`(json: String) {
        #expect(JSONScanner.keyText(of: ["id"], in: Array(json.utf8)) == nil)
    }

    @Test func `a range is that of the value without space`() {
        let json = Array(#"{"a": [1, {"b":"]"}] , "c": 2}"#.utf8)
        let range = JSONScanner.range(of: ["a"], in: json)
        #expect(range.map { String(decoding: json[$0], as: UTF8.self) } == #"[1, {"b":"]"}]"#)
        #expect(JSONScanner.range(of: [], in: json) == 0..<json.count)
    }

    @Test func `very deep values are stepped over without a stack`() {
        let json = Array(
            (#"{"x":"# + String(repeating: "[", count: 500_000) + String(repeating: "]", count: 500_000)
                + #","id":"k"}"#).utf8)
        #expect(JSONScanner.keyText(of: ["id"], in: json) == "k")
    }
}
