/// Changes inputs a little, for the short run in the tests, which has no coverage to guide it.
package struct Mutator<Generator: RandomNumberGenerator> {
    private let corpus: [[UInt8]]
    private var generator: Generator

    package init(_ corpus: [[UInt8]], _ generator: Generator) {
        self.corpus = corpus.isEmpty ? [[]] : corpus
        self.generator = generator
    }

    private static var tokens: [String] {
        [
            "{", "}", "[", "]", "\"", "\\u0000", "\\ud800", "null", "-", "1e999", "9223372036854775807", "\n", "@", "!",
            "\0", "\u{1b}", "é", ":", ",", "/", "%00", "%",
        ]
    }

    package mutating func next() -> [UInt8] {
        var bytes = pick()
        for _ in 0..<Int.random(in: 1...4, using: &generator) { change(&bytes) }
        return bytes
    }

    private mutating func pick() -> [UInt8] { corpus[Int.random(in: 0..<corpus.count, using: &generator)] }

    private mutating func change(_ bytes: inout [UInt8]) {
        let place = Int.random(in: 0...bytes.count, using: &generator)
        switch Int.random(in: 0...6, using: &generator) {
        case 0 where place < bytes.count: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &generator)
        case 1 where place < bytes.count: bytes[place] = .random(in: 0...255, using: &generator)
        case 2:
            bytes.insert(
                contentsOf: Array(Self.tokens[Int.random(in: 0..<Self.tokens.count, using: &generator)].utf8), at: place
            )
        case 3: bytes.removeSubrange(place..<min(bytes.count, place + Int.random(in: 0...16, using: &generator)))
        case 4:
            // Again what is there.
            let piece = bytes[place..<min(bytes.count, place + Int.random(in: 0...64, using: &generator))]
            bytes.insert(contentsOf: piece, at: place)
        case 5:
            // The end of another input.
            let other = pick()
            bytes = Array(bytes[..<place]) + other[Int.random(in: 0...other.count, using: &generator)...]
        default: if bytes.count < 100_000 { bytes.append(.random(in: 0...255, using: &generator)) }
        }
    }
}
