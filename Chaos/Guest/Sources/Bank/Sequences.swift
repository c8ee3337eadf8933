import Mesh

struct Sequences: SequencesService {
    func onStep(event: Step, mesh: SequencesContext) throws(MeshError) {
        if mesh.attempt == 1, event.number % 17 == 0 { throw .unavailable("busy") }
        mesh.state = event.following(mesh.state)
        mesh.emit(.trace(Step(key: event.key, number: 2 * event.number - 1)))
        mesh.emit(.trace(Step(key: event.key, number: 2 * event.number)))
    }
}

struct Followers: FollowersService {
    func onTrace(event: Step, mesh: FollowersContext) throws(MeshError) { mesh.state = event.following(mesh.state) }
}

extension Step {
    /// What is known of the key after this number, which should be the one behind the last.
    func following(_ known: Progress?) -> Progress {
        var progress = known ?? Progress(key: key, last: 0, faults: 0)
        if number != progress.last + 1 {
            progress.faults += 1
            if progress.firstFault == nil { progress.firstFault = "\(number) came after \(progress.last)" }
        }
        progress.last = number
        return progress
    }
}
