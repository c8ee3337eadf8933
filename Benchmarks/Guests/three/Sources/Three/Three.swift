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

    func nap(id: ID, milliseconds: Int, times: Int, mesh: ThreeWorkflow) throws(MeshError) {
        for _ in 0..<times { try mesh.sleep(for: .milliseconds(milliseconds)) }
    }

    func fan(id: ID, count: Int, mesh: ThreeWorkflow) throws(MeshError) -> Int {
        try mesh.group(of: Int.self) { group throws(MeshError) in
            for number in 0..<count { try group.start(Adder.step(id: "\(id)/\(number)", number: 0)) }
            var sum = 0
            while let finished = try group.next() { sum += try finished.value() }
            return sum
        }
    }

    func step(id: ID, number: Int, mesh: ThreeContext) throws(MeshError) -> Int { number + 1 }
}

struct Adder: AdderService {
    func step(id: ID, number: Int, mesh: AdderContext) throws(MeshError) -> Int { number + 1 }
}
