import Mesh

struct Ledger: LedgerService {
    func onEntry(event: Entry, mesh: LedgerContext) throws(MeshError) {
        var book = mesh.state ?? Book(account: event.account, sum: 0, count: 0, faults: 0)
        if event.number != book.count + 1 {
            book.faults += 1
            if book.firstFault == nil { book.firstFault = "\(event.number) came after \(book.count)" }
        }
        book.count = event.number
        book.sum += event.amount
        mesh.state = book
    }
}

struct Probes: ProbesService {
    func beat(id: ID, number: Int, mesh: ProbesContext) throws(MeshError) -> Probe {
        let probe = Probe(id: id, number: max(number, mesh.state?.number ?? 0), edition: edition)
        mesh.state = probe
        return probe
    }
}
