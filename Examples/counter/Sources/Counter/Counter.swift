import Mesh

struct Counter: CounterService {
    func add(name: ID, amount: Int?, mesh: CounterContext) throws(MeshError) -> Int {
        let (sum, overflow) = (mesh.state?.value ?? 0).addingReportingOverflow(amount ?? 1)
        if overflow || Int32(exactly: sum) == nil { throw .failedPrecondition("\(name) is full") }
        mesh.state = Count(name: name, value: sum)
        return sum
    }
}
