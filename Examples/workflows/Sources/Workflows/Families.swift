import Mesh

struct Families: FamiliesService {
    func parent(id: ID, child: ID, mesh: FamiliesWorkflow) throws(MeshError) -> Int {
        try mesh.detach(Families.count(id: child + "-alone", from: 0, to: 5))
        let counting = try mesh.start(Families.count(id: child, from: 0, to: 25), parentClose: .cancel)
        return try counting.value()
    }

    func rival(id: ID, child: ID, mesh: FamiliesWorkflow) throws(MeshError) -> String {
        do throws(MeshError) {
            return "\(try mesh.call(Families.count(id: child, from: 0, to: 1)))"
        } catch {
            return error.code
        }
    }

    func count(id: ID, from: Int, to: Int, mesh: FamiliesWorkflow) throws(MeshError) -> Int {
        for number in from..<to {
            try mesh.sleep(for: .seconds(1))
            if number == from + 9 { try mesh.continueAsNew(Families.count(id: id, from: number + 1, to: to)) }
        }
        return mesh.run
    }

    func patient(id: ID, mesh: FamiliesWorkflow) throws(MeshError) {
        do throws(MeshError) {
            while true { try mesh.sleep(for: .days(1)) }
        } catch  where error.isCancelled {
            mesh.log.info("cancelled: \(mesh.cancelReason ?? "")")
            try mesh.call(Families.cleanUp(id: id))
            throw error
        } catch {
            throw error
        }
    }

    func cleanUp(id: ID, mesh: FamiliesContext) throws(MeshError) { mesh.log.info("cleaned up \(id)") }

    func changed(id: ID, mesh: FamiliesWorkflow) throws(MeshError) -> String {
        let way = mesh.patched("two-sleeps") ? "new" : "old"
        try mesh.sleep(for: .seconds(1))
        if way == "new" { try mesh.sleep(for: .seconds(1)) }
        return way
    }
}
