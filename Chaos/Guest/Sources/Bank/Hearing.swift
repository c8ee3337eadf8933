import Mesh

extension Audit {
    /// What is known of a key after this number. What was passed over is counted; what comes again, or late, is wrong.
    static func hearing(_ number: Int, of key: ID, after known: Audit?) -> Audit {
        guard var audit = known else {
            return Audit(key: key, first: number, last: number, gaps: 0, faults: 0)
        }
        if number <= audit.last {
            audit.faults += 1
            if audit.firstFault == nil { audit.firstFault = "\(number) came after \(audit.last)" }
        } else if number > audit.last + 1 {
            audit.gaps += 1
        }
        audit.last = number
        return audit
    }
}

extension Entry {
    /// An account's entries with this one.
    func counted(into known: Tally) -> Tally {
        var tally = known
        if number != tally.count + 1 {
            tally.faults += 1
            if tally.firstFault == nil { tally.firstFault = "\(number) came after \(tally.count)" }
        }
        tally.count = number
        tally.sum += amount
        return tally
    }
}
