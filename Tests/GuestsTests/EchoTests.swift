import Foundation
import Schemas
import Testing
import Wasm

@testable import Guests

/// Every scalar, nesting, lists, and names that Swift has uses of its own for, echoed through the sandbox.
private let echo = Result { try buildEcho(isQuick: false) }
private let quickEcho = Result { try buildEcho(isQuick: true) }

private func buildEcho(isQuick: Bool) throws -> GuestInSandbox {
    let folder = try TemporaryFolder([
        "echo.mesh.graphql": try String(contentsOfFile: Golden.directory + "/awkward.mesh.graphql", encoding: .utf8),
        "Sources/Echo/Echo.swift": """
        import Mesh
        struct Echo: EchoService {
            func echo(all: All, mesh: EchoContext) throws(MeshError) -> All { all }
            func maybe(all: All?, mesh: EchoContext) throws(MeshError) -> All? { all }
            func list(numbers: [[Int]?], mesh: EchoContext) throws(MeshError) -> [[Int]?] { numbers }
            func `repeat`(`in`: In, mesh: String, context: EchoContext) throws(MeshError) -> In { `in` }
            func ping(mesh: EchoContext) throws(MeshError) -> String {
                mesh.log.info("\\(MeshError("LATE", "it's late"))")
                return "pong"
            }
            func random(mesh: EchoContext) throws(MeshError) -> [UUID] {
                var random = mesh.random
                return [.random(using: &random), .random(using: &random)]
            }
            func fill(megabytes: Int, mesh: EchoContext) throws(MeshError) -> Int {
                var sum = 0
                for round in 0..<megabytes {
                    let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: round), count: 1 << 20)
                    sum += Int(bytes[round]) + bytes.count
                }
                return sum
            }
            func trap(text: String, mesh: EchoContext) throws(MeshError) -> Int {
                print("about to \\(text)")
                fatalError("because of \\(text)")
            }
            func onMade(events: [Leaf], mesh: EchoContext) throws(MeshError) {
                for event in events { mesh.log.info(event.name) }
            }
        }
        """,
    ])
    return try GuestInSandbox(try SourceFiles.read(try Checkout.build(folder.path, isQuick: isQuick).path))
}

@Suite struct EchoThroughTheSandbox {
    private let guest: GuestInSandbox

    init() throws { guest = try echo.get() }

    @Test(arguments: [false, true]) func `random values of every type come back as they went`(isQuick: Bool) throws {
        let guest = isQuick ? try quickEcho.get() : guest
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = RandomJSON(seed: seed)
        for _ in 0..<300 {
            let json = random.all(depth: 2)
            let reply = try guest.effects("Echo/echo", #"{"all":\#(json)}"#).replyText
            guard reply == json else {
                Issue.record("seed \(seed): \(json) came back as \(reply ?? "nothing")")
                return
            }
        }
    }

    @Test func `answers that aren't objects are wrapped, null too`() throws {
        #expect(try guest.effects("Echo/maybe", "{}").replyText == #"{"value":null}"#)
        #expect(try guest.effects("Echo/maybe", #"{"all":null}"#).replyText == #"{"value":null}"#)
        #expect(
            try guest.effects("Echo/list", #"{"numbers":[[1,-2],null,[]]}"#).replyText == #"{"value":[[1,-2],null,[]]}"#
        )
        #expect(try guest.effects("Echo/ping", "{}").replyText == #"{"value":"pong"}"#)
    }

    @Test func `names that are words of Swift work`() throws {
        let json =
            #"{"self":"a","init":1,"reader":"r","json":["x"],"hashValue":"h","class":"CASE","default":{"name":"n"}}"#
        #expect(try guest.effects("Echo/repeat", #"{"in":\#(json),"mesh":"m"}"#).replyText == json)
    }

    @Test func `unknown members are ignored`() throws {
        let json = #"{"numbers":[[1]],"new":{"deep":[1,{"a":"}"}]},"other":"\"]"}"#
        #expect(try guest.effects("Echo/list", json).replyText == #"{"value":[[1]]}"#)
    }

    @Test func `random numbers are the same in a retry`() throws {
        let first = try guest.effects("Echo/random", "{}").replyText
        #expect(try guest.effects("Echo/random", "{}").replyText == first)
        #expect(first?.contains("-4") == true)
    }

    @Test func `garbage of many times the memory's size is taken back`() throws {
        #expect(try guest.effects("Echo/fill", #"{"megabytes":500}"#).replyText?.hasPrefix(#"{"value":524"#) == true)
    }

    @Test(arguments: [false, true]) func `nesting as deep as the reader allows fits the stack`(isQuick: Bool) throws {
        let guest = isQuick ? try quickEcho.get() : guest
        let deep = String(repeating: #"{"a":["#, count: 60) + "1" + String(repeating: "]}", count: 60)
        let json = RandomJSON.minimal.dropLast() + #","o":\#(deep)}"#
        #expect(try guest.effects("Echo/echo", #"{"all":\#(json)}"#).replyText?.contains(deep) == true)
    }

    @Test func `what is printed before a trap is in the log`() {
        let run = guest.run("Echo/trap", #"{"text":"fall"}"#)
        guard case .trapped = run.outcome else {
            Issue.record("\(run.outcome)")
            return
        }
        #expect(run.logs.first == GuestLogLine(level: .info, text: "about to fall"), "\(run.logs)")
    }

    @Test func `a trap of a quick build says why`() throws {
        let run = try quickEcho.get().run("Echo/trap", #"{"text":"fall"}"#)
        #expect(run.logs.contains { $0.text.contains("because of fall") }, "\(run.logs)")
    }

    @Test func `a batch of events is one list`() {
        let run = guest.run("Echo/onMade", #"[{"name":"a"},{"name":"b"}]"#)
        #expect(run.logs.map(\.text) == ["a", "b"])
    }

    @Test func `an error can be printed`() throws {
        #expect(guest.run("Echo/ping", "{}").logs.map(\.text) == ["LATE: it's late"])
    }
}

/// Values of the type `All` in the canonical form that the SDK writes.
private struct RandomJSON {
    private var random: SplitMix

    init(seed: UInt64) { random = SplitMix(state: seed) }

    static let minimal = {
        var json = RandomJSON(seed: 1)
        return json.all(depth: 0, hasOptional: false)
    }()

    mutating func all(depth: Int, hasOptional: Bool = true) -> String {
        var members = [
            #""a":\#(string())"#, #""b":\#(Int32.random(in: .min ... .max, using: &random))"#,
            #""c":"\#(Int64.random(in: .min ... .max, using: &random))""#, #""d":\#(float())"#,
            #""e":\#(Bool.random(using: &random))"#, #""f":\#(string())"#, #""g":"\#(uuid())""#,
            #""h":"\#(decimal())""#, #""i":"\#(date())""#, #""j":"\#(time())""#, #""k":"\#(date())T\#(time())Z""#,
            #""l":"PT\#(1 + next(20))H\#(1 + next(59))M""#, #""m":"https://example.org/\#(next(1000))""#,
            #""n":"\#(Data((0..<next(20)).map { _ in UInt8(next(256)) }).base64EncodedString())""#,
        ]
        if hasOptional, Bool.random(using: &random) { members.append(#""o":{"x":[1,null,{"y":"z"}],"n":-1.50e+3}"#) }
        if Bool.random(using: &random) { members.append(#""color":"\#(["DARK_RED", "GREEN", "_2ND"][next(3)])""#) }
        members.append(#""leaves":[\#((0..<next(4)).map { _ in #"{"name":\#(string())}"# }.joined(separator: ","))]"#)
        if depth > 0, Bool.random(using: &random) { members.append(#""inner":\#(all(depth: depth - 1))"#) }
        return "{\(members.joined(separator: ","))}"
    }

    private mutating func next(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

    private mutating func string() -> String {
        let pieces = ["a", "Z", #"\""#, #"\\"#, #"\n"#, #"\t"#, #"\u0001"#, "é", "日本", "😀", "/", " ", "{", "'"]
        return "\"x" + (0..<next(12)).map { _ in pieces[next(pieces.count)] }.joined() + "\""
    }

    private mutating func float() -> String {
        let value = Double.random(in: -1e6...1e6, using: &random)
        let text = "\(Bool.random(using: &random) ? value : value.rounded())"
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    private mutating func uuid() -> String {
        var bytes = UUID().uuid
        withUnsafeMutableBytes(of: &bytes) { for index in $0.indices { $0[index] = UInt8(next(256)) } }
        return UUID(uuid: bytes).uuidString.lowercased()
    }

    private mutating func decimal() -> String {
        let whole = (0..<next(25)).map { _ in "\(next(10))" }.joined()
        let fraction = (0..<next(12)).map { _ in "\(next(10))" }.joined()
        return (Bool.random(using: &random) ? "-" : "") + "1\(whole)" + (fraction.isEmpty ? "" : ".\(fraction)")
    }

    private mutating func date() -> String {
        String(format: "%04d-%02d-%02d", 1600 + next(1000), 1 + next(12), 1 + next(28))
    }

    private mutating func time() -> String {
        let fraction = Bool.random(using: &random) ? ".\(1 + next(9))" : ""
        return String(format: "%02d:%02d:%02d", next(24), next(60), next(60)) + fraction
    }
}

private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var bits = state
        bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
        return bits ^ bits >> 31
    }
}
