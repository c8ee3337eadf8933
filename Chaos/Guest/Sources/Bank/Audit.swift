import Mesh

struct Auditors: AuditorsService {
    func onTrace(event: Step, mesh: AuditorsContext) throws(MeshError) {
        if mesh.attempt == 1, event.number % 19 == 0 { throw .unavailable("busy") }
        mesh.state = Audit.hearing(event.number, of: event.key, after: mesh.state)
    }
}

struct Tellers: TellersService {
    func onEntry(event: Entry, mesh: TellersContext) throws(MeshError) {
        mesh.state = event.counted(into: mesh.state ?? Tally(account: event.account, count: 0, sum: 0, faults: 0))
    }
}
