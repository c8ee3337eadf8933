import Mesh

struct Three: ThreeService {
    func near(id: ID, number: Int, mesh: ThreeWorkflow) throws(MeshError) -> Int {
        var number = number
        for _ in 0..<3 { number = try mesh.call(Three.step(id: id, number: number)) }
        return number
    }

    func far(id: ID, number: Int, mesh: ThreeWorkflow) throws(MeshError) -> Int {
        var number = number
        for _ in 0..<3 { number = try mesh.call(Adder.step(id: id, number: number)) }
        return number
    }

    func long(id: ID, steps: Int, mesh: ThreeWorkflow) throws(MeshError) -> Int {
        var number = 0
        for _ in 0..<steps { number = try mesh.call(Three.step(id: id, number: number)) }
        return number
    }

    func sleep(id: ID, hours: Int, mesh: ThreeWorkflow) throws(MeshError) { try mesh.sleep(for: .hours(hours)) }

    func step(id: ID, number: Int, mesh: ThreeContext) throws(MeshError) -> Int { number + 1 }
}

struct Adder: AdderService {
    func step(id: ID, number: Int, mesh: AdderContext) throws(MeshError) -> Int { number + 1 }
}
