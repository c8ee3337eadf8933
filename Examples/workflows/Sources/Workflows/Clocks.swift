import Mesh

struct Clocks: ClocksService {
    func remind(id: ID, days: Int, mesh: ClocksWorkflow) throws(MeshError) -> [DateTime] {
        var times = [mesh.now]
        for _ in 0..<days {
            try mesh.sleep(for: .days(1))
            times.append(mesh.now)
        }
        try mesh.sleep(until: times[0])  // That has passed.
        return times
    }

    func roll(id: ID, times: Int, mesh: ClocksWorkflow) throws(MeshError) -> [Int] {
        var random = mesh.random
        var rolls: [Int] = []
        for _ in 0..<times {
            rolls.append(Int.random(in: 1...6, using: &random))
            try mesh.sleep(for: .seconds(1))
        }
        return rolls
    }
}
