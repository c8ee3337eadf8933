import Mesh

struct Auditors: AuditorsService {
    func onEntry(event: Entry, mesh: AuditorsContext) throws(MeshError) {
        mesh.state = Audit.hearing(event.number, of: event.account, after: mesh.state)
    }
}

struct Tellers: TellersService {
    func onEntry(event: Entry, mesh: TellersContext) throws(MeshError) {
        var tally = event.counted(into: mesh.state ?? Tally(account: event.account, count: 0, sum: 0, faults: 0))
        if tally.since == nil { tally.since = event.number }
        tally.heard = (tally.heard ?? 0) + 1
        mesh.state = tally
    }
}
