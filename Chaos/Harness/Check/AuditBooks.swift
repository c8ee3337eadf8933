/// What a listener may have missed that doesn't listen all the time: only what the broker lost meanwhile. Pure.
package struct AuditBooks: Sendable {
    package struct Heard: Sendable {
        package var first: Int
        package var last: Int
        package var gaps: Int
        package var faults: Int
        package var firstFault: String

        package init(first: Int = 1, last: Int, gaps: Int = 0, faults: Int = 0, firstFault: String = "") {
            self.first = first
            self.last = last
            self.gaps = gaps
            self.faults = faults
            self.firstFault = firstFault
        }
    }

    /// Who listens, for people.
    package var name: String
    /// How many were sent of each key.
    package var sent: [String: Int]
    package var heard: [String: Heard]
    /// How often the broker has begun empty after its first time.
    package var losses: Int

    package init(name: String, sent: [String: Int], heard: [String: Heard], losses: Int) {
        self.name = name
        self.sent = sent
        self.heard = heard
        self.losses = losses
    }

    /// Compares them; it is behind whenever it doesn't listen, so nothing is pending.
    package func check() -> Findings {
        var findings = Findings()
        for (key, heard) in heard.sorted(by: { $0.key < $1.key }) {
            if heard.faults > 0 {
                findings.violations.append("\(name) of \(key): \(heard.firstFault) (\(heard.faults) such)")
            }
            if heard.gaps > losses {
                findings.violations.append(
                    "\(name) of \(key) has \(heard.gaps) gaps, and the broker lost its topics \(losses) times")
            }
            if heard.first != 1, losses == 0 {
                findings.violations.append("\(name) of \(key) begins with \(heard.first)")
            }
            if heard.last > sent[key, default: 0] {
                findings.violations.append("\(name) of \(key) heard \(heard.last) of \(sent[key, default: 0])")
            }
        }
        return findings
    }
}
