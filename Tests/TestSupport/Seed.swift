internal import Foundation

/// A generator of random test cases that can be run again: it prints its seed and takes `WASMESH_TEST_SEED`.
package struct Seed: RandomNumberGenerator {
    package let value: UInt64
    private var state: UInt64

    /// A generator with the seed from `WASMESH_TEST_SEED`, or a new one; printed, so that a failure can be repeated.
    package init(function: String = #function) {
        let given = ProcessInfo.processInfo.environment["WASMESH_TEST_SEED"].flatMap { UInt64($0) }
        self.init(value: given ?? UInt64.random(in: 1...UInt64(Int64.max)))
        print("seed of \(function): WASMESH_TEST_SEED=\(value)")
    }

    package init(value: UInt64) {
        self.value = value
        state = value
    }

    /// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators").
    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    package mutating func integer(in range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

    /// True with the given probability.
    package mutating func chance(_ probability: Double) -> Bool { Double.random(in: 0..<1, using: &self) < probability }

    package mutating func bytes(count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &self) }
    }

    /// Text of up to `limit` scalars that likes the awkward ones: quotes, controls, several bytes, combining marks.
    package mutating func text(limit: Int = 12) -> String {
        let scalars: [Unicode.Scalar] = [
            "a", "Z", "0", " ", "\"", "\\", "\n", "\u{1}", "é", "日", "\u{301}", "😀", "\u{2028}",
        ]
        var text = String.UnicodeScalarView()
        for _ in 0..<integer(in: 0...limit) { text.append(scalars[integer(in: 0...scalars.count - 1)]) }
        return String(text)
    }
}
