import MeshCore
import Testing

@Suite struct PrincipalTests {
    @Test func `a token's name and roles are one text, whatever is in them`() throws {
        let plain = try #require(Principal(name: "ada", roles: ["clerk", "admin"]))
        #expect(plain.text == #"{"name":"ada","roles":["clerk","admin"]}"#)
        let administrator = try #require(Principal(name: "root", roles: [], isAdministrator: true))
        #expect(administrator.text == #"{"name":"root","roles":[],"administrator":true}"#)
        for name in ["a\",\"administrator\":true,\"x\":\"", "a;roles=b", "é\u{301}🙂", "\n\r\t\u{1}", "\\", "\u{2028}"] {
            let principal = try #require(Principal(name: name, roles: [name, "", name]))
            #expect(Principal(principal.text) == principal, "\(name)")
            #expect(principal.text.hasSuffix("]}"))
        }
    }

    @Test func `what says the same is the same text`() {
        let spaced = #" {"administrator" : false, "roles":["\u0063lerk"], "more": [{}], "name":"\ud83d\ude42"} "#
        #expect(Principal(spaced)?.text == #"{"name":"🙂","roles":["clerk"]}"#)
    }

    @Test(arguments: [
        "", "ada", "ada;roles=clerk", "null", "[]", "{}", #"{"name":"ada"}"#, #"{"roles":[]}"#,
        #"{"name":"","roles":[]}"#,
        #"{"name":1,"roles":[]}"#, #"{"name":"a","roles":"clerk"}"#, #"{"name":"a","roles":["b",null]}"#,
        #"{"name":"a","roles":[],"administrator":"true"}"#, #"{"name":"a","roles":[],"administrator":null}"#,
        #"{"name":"a","name":"b","roles":[]}"#, #"{"name":"a","roles":[]}}"#, #"{"name":"a","roles":[]"#,
        #"{"name":"\u0000","roles":[]}"#, #"{"name":"a","roles":["\u0000"]}"#, #"{"name":"\ud800","roles":[]}"#,
        String(repeating: "[", count: 2048),
    ])
    func `a text that names nobody for certain is nobody`(text: String) {
        #expect(Principal(text) == nil)
    }

    @Test func `a principal is no longer than a header may be, also after it was written anew`() {
        let longest = String(repeating: "x", count: 2048 - #"{"name":"","roles":[]}"#.utf8.count)
        #expect(Principal(name: longest, roles: [])?.text.utf8.count == 2048)
        #expect(Principal(name: longest + "x", roles: []) == nil)
        #expect(Principal(name: "a", roles: (0..<64).map { "\($0)" + String(repeating: "r", count: 60) }) == nil)
        // Two bytes of each of these are six when they are written.
        #expect(Principal("{\"name\":\"\(String(repeating: #"\b"#, count: 900))\",\"roles\":[]}") == nil)
    }

    @Test func `a record whose principal can't be read is refused, and none is no principal`() throws {
        func decode(_ headers: [WireHeader]) throws -> MessageExtensions {
            try MessageCodec.decode(
                topic: "shop.Orders", partition: 0, offset: 0, timestampMilliseconds: 0, key: nil, value: [],
                headers: headers
            ).message.extensions
        }
        let text = #"{"name":"ada","roles":["clerk"]}"#
        #expect(try decode([WireHeader("mesh_principal", text)]).principal?.text == text)
        #expect(try decode([]) == MessageExtensions())
        // Not the mesh's header: a stranger's, of which handlers see nothing.
        #expect(try decode([WireHeader("Mesh_Principal", text)]).principal == nil)
        for wrong in ["ada", String(repeating: "x", count: 2049), ""] {
            let error = #expect(throws: MessageDecodingError.self) { try decode([WireHeader("mesh_principal", wrong)]) }
            #expect(error?.description.contains("header mesh_principal") == true)
        }
        #expect(throws: MessageDecodingError.self) {
            try decode([WireHeader(name: "mesh_principal", value: Array(text.utf8) + [0xFF])])
        }
    }
}
