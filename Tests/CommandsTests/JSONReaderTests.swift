import Commands
import Foundation
import MeshCore
import Testing

@Suite struct JSONReaderTests {
    /// A random value of at most `depth` levels.
    private func random(_ depth: Int, using generator: inout SystemRandomNumberGenerator) -> String {
        switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &generator) {
        case 0: return "null"
        case 1: return Bool.random(using: &generator) ? "true" : "false"
        case 2: return String(Int64.random(in: .min ... .max, using: &generator))
        case 3: return String(Double.random(in: -1e9...1e9, using: &generator))
        case 4: return #""a\n\"ü😀\u00e9\ud83d\ude00""#
        case 5:
            let count = Int.random(in: 0..<4, using: &generator)
            return "[" + (0..<count).map { _ in random(depth - 1, using: &generator) }.joined(separator: " , ") + "]"
        default:
            let count = Int.random(in: 0..<4, using: &generator)
            return "{"
                + (0..<count).map { "\"k\($0)\" : \(random(depth - 1, using: &generator))" }.joined(separator: ",\n")
                + "}"
        }
    }

    @Test func `what is read and written again is what Foundation reads`() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<300 {
            let text = random(4, using: &generator)
            let node = try JSONReader.read(text)
            for pretty in [true, false] {
                let again = node.rendered(pretty: pretty)
                let ours = try JSONSerialization.jsonObject(with: Data(again.utf8), options: .fragmentsAllowed)
                let theirs = try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
                #expect((ours as? NSObject) == (theirs as? NSObject), "\(text)")
            }
        }
    }

    @Test(arguments: [
        "nul", "01", "-", "1.", "\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "[1,]", "{\"a\"}", "{\"a\":1,}", "[1 2]",
        "+1",
        "\"a\nb\"", "{\"a\":1,\"a\":2}", String(repeating: "[", count: 1000),
    ])
    func `what is not JSON is refused`(_ text: String) {
        #expect(throws: JSONReader.Problem.self) { try JSONReader.read(text) }
    }
}
