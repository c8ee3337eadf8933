internal import MeshCore
@testable internal import MeshRouter
@testable internal import Schemas
internal import Wasm

extension FuzzTarget {
    /// JSON against types with every scalar, every rule, lists and nesting: whatever a type accepts, every other reader accepts.
    static let value = FuzzTarget(
        "value", "JSON values against types (calls, events, answers, states)",
        seeds: [
            #"0{"s":"a","i":1,"l":"2","f":1.5,"b":true,"id":"x","u":"0191e7c2-5b1f-7c3a-9d2e-4f5a6b7c8d9e","d":"1.50"}"#,
            #"0{"s":"é😀","i":-2147483648,"l":9007199254740991,"f":1e10,"b":false,"id":"\u0041","date":"2026-02-28","time":"23:59:59","at":"2026-11-21T13:05:00Z","span":"PT1H","url":"https://a.b/c","raw":"QUJD","any":{"a":[1,null]}}"#,
            #"1{"nested":{"nested":{"name":"abc","list":[1,2,3],"colours":["RED"]}},"list":[]}"#, #"2{"value":null}"#,
            #"3{"value":[["a"],[]]}"#, "0{}", "0[]", "1null",
        ]
    ) { input in
        let number = Int((input.first ?? 0) & 15) % shapes.count
        let shape = shapes[number]
        let json = Array(input.dropFirst())
        do throws(ValueError) {
            try shape.validate(json)
        } catch {
            // The error is for people, who need it to be short, whatever the value is.
            return try require(error.description.utf8.count < 4096, "an error of \(error.description.utf8.count) bytes")
        }
        // What a handler of events ignores may be anything, such as a field twice.
        if number == shapes.count - 1 { return }
        do { try JSONCursor.check(json) } catch {
            throw FuzzFinding(description: "a value that its type accepts isn't JSON to the router: \(error)")
        }
        try require(JSONMembers(json) != nil, "a value that its type accepts isn't an object to the sandbox")
    }

    /// Every reader of JSON on anything: they agree about what is an object.
    static let json = FuzzTarget(
        "json", "JSON without a type: the readers of router, sandbox and scanner",
        seeds: [
            #"{"a":1,"b":[true,null,"\ud83d\ude00"],"c":{"d":-1.5e+3}}"#, "[]", "\"\\u0000\"", "{\"a\":1,\"a\":2}",
            "1e5", " { } ",
            #"{"code":"X","class":"CONFLICT","message":"m","details":{"a":1},"retryable":true,"timestamp":"2026-11-21T13:05:00Z"}"#,
        ]
    ) { input in
        let isJSON = (try? JSONCursor.check(input)) != nil
        let members = JSONMembers(input)
        if members != nil { try require(isJSON, "the sandbox takes an object that the router refuses") }
        let first = input.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
        if isJSON, first == UInt8(ascii: "{") {
            try require(members != nil, "the router takes an object that the sandbox refuses")
        }
        for name in members?.names.prefix(20) ?? [] {
            let key = JSONScanner.keyText(of: [name], in: input)
            if let text = members?.string(name) {
                try require(key == text, "the scanner finds \(key ?? "nothing") in \(name), the sandbox \(text)")
            }
        }
        // On what isn't JSON the scanner finds anything, but ends.
        for path in [["a"], ["a", "b"], ["id"], ["order", "id"]] {
            _ = JSONScanner.keyText(of: path, in: input)
            _ = JSONScanner.range(of: path, in: input)
        }
        _ = MeshErrorReader.read(input)
    }

    private static let shapes: [ValueShape] = {
        let text = """
            @mesh(namespace: "f", version: "1.0.0")
            enum Colour { RED GREEN }
            type All {
              s: String! @length(min: 1, max: 20)  i: Int @min(-5) @max(1000)  l: Long  f: Float @max(10.5)  b: Boolean
              id: ID! u: UUID d: Decimal @min(0.01) date: Date time: Time at: DateTime span: Duration url: URL raw: Bytes
              any: JSON code: String @pattern("[a-c]{1,9}|x+")
            }
            type Tree { name: String  nested: Tree  list: [Int!] @length(max: 5)  colours: [Colour!]  trees: [[Tree]] }
            type Event { id: ID! }
            service S {
              all(s: All): All
              tree: Tree!
              colour: Colour
              lists: [[String!]!]!
              @emits(event: "f.e", key: "id") e(event: Event!): Void
              @handles(event: "f.e", key: "id") onE(event: Event!): Void
            }
            """
        guard let schema = SchemaCompiler.compile([SchemaSource(path: "f", text: text)]).schema,
            let all = ValueShape.type("All", in: schema), let tree = ValueShape.type("Tree", in: schema),
            let service = schema.services.first
            // A constant of the tests, which no input reaches: where it doesn't compile there is nothing to fuzz.
        else { fatalError("the fuzzer's own schema doesn't compile") }
        let answers = service.methods.filter { $0.kind == .call }.map { ValueShape.result(of: $0, in: schema) }
        let handled = service.methods.compactMap(\.eventHandler).map { ValueShape.handledEvent($0, in: schema) }
        return [all, tree] + answers + handled
    }()
}
