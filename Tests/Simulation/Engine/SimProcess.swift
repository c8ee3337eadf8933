/// A process of the mesh: it can die, with all its tasks and at any of their waits, or stand still for a while.
///
/// Unchecked: there is one thread.
final class SimProcess: @unchecked Sendable {
    let name: String
    private(set) var isDead = false
    private(set) var isPaused = false
    /// What would have happened while it stood still.
    var held: [World.Event] = []

    init(_ name: String) { self.name = name }

    /// Nothing of it happens any more. What it sent is on its way all the same.
    func die() {
        isDead = true
        held = []
    }

    func pause() { isPaused = true }

    /// Goes on where it stood.
    func resume(in world: World) {
        isPaused = false
        world.release(self)
    }
}
