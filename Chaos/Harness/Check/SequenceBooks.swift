/// What sequences must look like: what was sent of each key, and what each listener has heard. Pure.
package struct SequenceBooks: Sendable {
    package struct Heard: Sendable {
        package var last: Int
        package var faults: Int
        package var firstFault: String

        package init(last: Int, faults: Int = 0, firstFault: String = "") {
            self.last = last
            self.faults = faults
            self.firstFault = firstFault
        }
    }

    /// Who listens, for people.
    package var name: String
    /// How many were sent of each key.
    package var sent: [String: Int]
    package var heard: [String: Heard]

    package init(name: String, sent: [String: Int], heard: [String: Heard]) {
        self.name = name
        self.sent = sent
        self.heard = heard
    }

    package func check() -> Findings {
        var findings = Findings()
        for (key, heard) in heard.sorted(by: { $0.key < $1.key }) {
            if heard.faults > 0 {
                findings.violations.append("\(name) of \(key): \(heard.firstFault) (\(heard.faults) such)")
            } else if heard.last > sent[key, default: 0] {
                findings.violations.append("\(name) of \(key) heard \(heard.last) of \(sent[key, default: 0])")
            }
        }
        for (key, count) in sent.sorted(by: { $0.key < $1.key }) where heard[key]?.last ?? 0 < count {
            findings.pending.append("\(name) of \(key): \(heard[key]?.last ?? 0) of \(count)")
        }
        return findings
    }
}
