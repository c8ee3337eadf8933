import Foundation
import Schemas
import Testing

@Suite struct PropertyTests {
    @Test func `what the canonical document says compiles to an equal schema`() {
        for seed in UInt64(1)...250 {
            var random = RandomSchema(seed: seed)
            let schema = random.make()
            let text = SDLRenderer.render(schema)
            let compilation = SchemaCompiler.compile([SchemaSource(path: "canonical", text: text)])
            #expect(compilation.diagnostics.map(\.description) == [], "seed \(seed)\n\(text)")
            #expect(compilation.schema == schema, "seed \(seed)\n\(text)")
            if let again = compilation.schema { #expect(SDLRenderer.render(again) == text, "seed \(seed)") }
        }
    }

    @Test(arguments: Corpus.good) func `a good document survives its canonical form`(document: Corpus.Document) throws {
        let schema = try #require(SchemaCompiler.compile([document.source]).schema)
        let canonical = SDLRenderer.render(schema)
        #expect(SchemaCompiler.compile([SchemaSource(path: "c", text: canonical)]).schema == schema, "\(canonical)")
    }

    @Test func `a broken document is never accepted as broken, never hangs, and each error has a place in it`() {
        let documents = (Corpus.good + Corpus.bad).map { Array($0.text.utf8) } + [Array(ModelTests.shop.utf8)]
        let spare = Array("{}[]()@:!\"\\#=,$é \n\r\"\"\"".utf8) + Array("type enum service input mesh -1.5e9".utf8)
        let time = ContinuousClock().measure {
            for seed in UInt64(1)...1500 {
                var generator = SeededGenerator(seed: seed)
                var bytes = documents[generator.below(documents.count)]
                for _ in 0...generator.below(8) {
                    let position = generator.below(bytes.count)
                    switch generator.below(5) {
                    case 0: bytes.insert(spare[generator.below(spare.count)], at: position)
                    case 1: if !bytes.isEmpty { bytes.remove(at: position) }
                    case 2: bytes = Array(bytes.prefix(position)) + bytes.suffix(generator.below(bytes.count))
                    case 3: bytes.insert(UInt8(generator.below(256)), at: position)
                    default:
                        let end = min(bytes.count, position + generator.below(40))
                        bytes.insert(contentsOf: bytes[position..<end], at: generator.below(bytes.count))
                    }
                }
                let compilation = SchemaCompiler.compile([SchemaSource(path: "x", bytes: bytes)])
                #expect((compilation.schema == nil) == !compilation.diagnostics.isEmpty, "seed \(seed)")
                #expect(compilation.diagnostics.count <= SchemaCompiler.maximumErrors + 1, "seed \(seed)")
                let lines = 1 + bytes.count { $0 == 0x0A || $0 == 0x0D }
                for diagnostic in compilation.diagnostics {
                    #expect(
                        (1...lines).contains(diagnostic.location.line) && diagnostic.location.column >= 1,
                        "seed \(seed): \(diagnostic)")
                }
            }
        }
        #expect(time < .seconds(60))
    }

    @Test(arguments: [
        "{", "[", "(", "@x(", "\"", "type T {", "service S { m(", "a:", "\"\"\"", "@min(", "}", "🙂", "-", "# \n", "x ",
    ])
    func `long runs of anything are read in bounded time`(part: String) {
        let text =
            "@mesh(namespace: \"t\", version: \"1\")\nservice S { m(a: "
            + String(repeating: part, count: 60_000 / part.utf8.count)
        let time = ContinuousClock().measure { _ = SchemaCompiler.compile([SchemaSource(path: "x", text: text)]) }
        #expect(time < .seconds(20), "\(part)")
    }

    @Test func `a value is accepted exactly when Foundation reads it and it has the type`() throws {
        let schema = try schema("type T { v: JSON }\nservice S { m(t: T): Void }")
        let shape = try #require(ValueShape.type("T", in: schema))
        var accepted = 0
        let spare = Array("{}[]\",:\\0123456789eE+-.tfnu \u{1}".utf8)
        for seed in UInt64(1)...4000 {
            var generator = SeededGenerator(seed: seed)
            var bytes = Array("{\"v\":\(json(&generator, depth: 4))}".utf8)
            let isMutated = generator.chance(70)
            if isMutated {
                for _ in 0...generator.below(3) {
                    let position = generator.below(bytes.count)
                    switch generator.below(3) {
                    case 0: bytes[position] = spare[generator.below(spare.count)]
                    case 1: bytes.remove(at: position)
                    default: bytes.insert(UInt8(generator.below(256)), at: position)
                    }
                }
            }
            let isAccepted = (try? shape.validate(bytes)) != nil
            accepted += isAccepted ? 1 : 0
            if !isMutated { #expect(isAccepted, "seed \(seed): \(String(decoding: bytes, as: UTF8.self))") }
            if isAccepted {
                let object = try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
                #expect(
                    object != nil && object.map { $0.keys.allSatisfy { $0 == "v" } } == true,
                    "seed \(seed): \(String(decoding: bytes, as: UTF8.self))")
                // The path scanner finds the same value that the tree has.
                let text = JSONScanner.keyText(of: ["v"], in: bytes)
                if let string = object?["v"] as? String { #expect(text == string, "seed \(seed)") }
            } else if let error = #expect(throws: ValueError.self, performing: { try shape.validate(bytes) }) {
                #expect((0...bytes.count).contains(error.offset) && error.description.utf8.count < 500, "seed \(seed)")
            }
            _ = JSONScanner.keyText(of: ["v", "a", "b"], in: bytes)
        }
        #expect(accepted > 1200)
    }

    private func json(_ generator: inout SeededGenerator, depth: Int) -> String {
        switch generator.below(depth > 0 ? 8 : 6) {
        case 0: return ["true", "false", "null"][generator.below(3)]
        case 1: return "\(Int(generator.below(1 << 40)) - (1 << 39))"
        case 2: return "-\(generator.below(100)).\(generator.below(1000))e\(generator.below(300) - 150)"
        case 3, 4, 5:
            let parts = [
                "a", "bcdefgh", "\\n", "\\u00e9", "é", "\\ud83d\\ude00", "😀", "\\\"", "\\\\", "/", "ÿ", "𝄞", " ",
            ]
            return "\"" + (0..<generator.below(9)).map { _ in parts[generator.below(parts.count)] }.joined() + "\""
        case 6:
            return "["
                + (0..<generator.below(4)).map { _ in json(&generator, depth: depth - 1) }.joined(separator: " , ")
                + "]"
        default:
            return "{"
                + (0..<generator.below(4)).map { "\"k\($0)\":\(json(&generator, depth: depth - 1))" }.joined(
                    separator: ",") + "}"
        }
    }

    @Test func `random schemas make shapes that refuse random JSON without a crash`() {
        for seed in UInt64(1)...150 {
            var random = RandomSchema(seed: seed)
            let schema = random.make()
            for service in schema.services {
                for method in service.methods {
                    let shape = ValueShape.arguments(of: method, in: schema)
                    for _ in 0..<5 { _ = try? shape.validate(Array(json(&random.generator, depth: 5).utf8)) }
                    _ = try? ValueShape.result(of: method, in: schema).validate(Array("{}".utf8))
                }
            }
        }
    }

    @Test func `a random value of a type is accepted`() {
        var checked = 0
        for seed in UInt64(1)...200 {
            var random = RandomSchema(seed: seed)
            let schema = random.make()
            guard PropertyTests.isMeetable(schema) else { continue }
            for method in schema.services.flatMap(\.methods) {
                let shape = ValueShape.arguments(of: method, in: schema)
                for round in 0..<5 {
                    var values = RandomValue(schema, seed: seed << 8 | UInt64(round))
                    let json = values.object(method.arguments)
                    #expect(throws: Never.self, "seed \(seed): \(json)") { try shape.validate(Array(json.utf8)) }
                    checked += 1
                }
            }
        }
        #expect(checked > 500)
    }

    @Test func `a schema is compatible with itself`() {
        for seed in UInt64(1)...120 {
            var random = RandomSchema(seed: seed)
            let schema = random.make()
            #expect(Compatibility.check(from: schema, to: schema) == [], "seed \(seed)")
        }
    }

    @Test func `where no break is found, every call of the old form is accepted by the new version`() {
        var (compatible, breaking) = (0, 0)
        for seed in UInt64(1)...300 {
            var random = RandomSchema(seed: seed)
            let old = random.make()
            guard PropertyTests.isMeetable(old) else { continue }
            let new = PropertyTests.changed(old, &random.generator)
            let breaks = Compatibility.check(from: old, to: new).filter { $0.severity == .breaking }
            for method in old.services.flatMap(\.methods) where method.kind == .call {
                guard !breaks.contains(where: { $0.subject == method.qualifiedName }),
                    let successor = new.method(method.qualifiedName)
                else {
                    breaking += 1
                    continue
                }
                compatible += 1
                let shape = ValueShape.arguments(of: successor, in: new)
                for round in 0..<5 {
                    var values = RandomValue(old, seed: seed << 8 | UInt64(round))
                    let json = values.object(method.arguments)
                    #expect(throws: Never.self, "seed \(seed) \(method.name): \(json)") {
                        try shape.validate(Array(json.utf8))
                    }
                }
            }
        }
        #expect(compatible > 150 && breaking > 10)
    }

    private static func isMeetable(_ schema: MeshSchema) -> Bool {
        schema.types.flatMap(\.fields).allSatisfy(\.isMeetable)
            && schema.services.flatMap(\.methods).flatMap(\.arguments).allSatisfy(\.isMeetable)
    }

    /// The schema with one field of one type changed.
    private static func changed(_ schema: MeshSchema, _ generator: inout SeededGenerator) -> MeshSchema {
        var types = schema.types
        let index = generator.below(types.count)
        let field = generator.below(types[index].fields.count)
        var definition = types[index].fields[field]
        switch generator.below(6) {
        case 0: definition.type.isNullable.toggle()
        case 1: definition.constraints = Constraints()
        case 2 where definition.type.base == .scalar(.int): definition.constraints.minimum = "0"
        case 3:
            types[index].fields.append(
                FieldDefinition(name: "added", type: TypeReference(.scalar(.int), isNullable: generator.chance(70))))
        case 4 where field > 0: types[index].fields.remove(at: field)
        default:
            let scalars: [Scalar] = [.string, .json, .int, .float, .id, .decimal]
            definition.type.base = .scalar(scalars[generator.below(scalars.count)])
            definition.constraints = Constraints()
        }
        if types[index].fields.indices.contains(field), types[index].fields[field].name == definition.name {
            types[index].fields[field] = definition
        }
        return MeshSchema(
            namespace: schema.namespace, version: schema.version, types: types, enums: schema.enums,
            services: schema.services)
    }
}
