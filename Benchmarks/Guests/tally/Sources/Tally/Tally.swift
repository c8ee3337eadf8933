import Mesh

struct Tally: TallyService {
    func add(entry: Entry, mesh: TallyContext) throws(MeshError) {
        if entry.note == "poison" { throw .unavailable("this message never succeeds") }
        var sum = mesh.state ?? Sum(name: entry.name, total: 0, count: 0)
        sum.total = sum.total + entry.amount
        sum.count += 1
        mesh.state = sum
        mesh.emit(.added(Added(name: sum.name, total: sum.total)))
    }

    func sum(name: ID, mesh: TallyContext) throws(MeshError) -> Sum? { mesh.state }
}
