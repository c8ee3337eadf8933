import CSimulation
import Glibc
import MeshCore

/// Runs meshes on a simulated clock, broker and database, a seed each; ends with 1 where a promise was broken.
@main
enum Simulate {
    static func main() {
        simulation_become_deterministic(CommandLine.unsafeArgv)
        guard let arguments = Arguments(Array(CommandLine.arguments.dropFirst())) else {
            print(Arguments.usage)
            exit(64)
        }
        if arguments.traces { Log.configure(minimum: .warning, json: false) } else { Log.silence() }
        let base = arguments.seed ?? UInt64.random(in: 1...UInt64(Int64.max) / 2)
        World.takeOver()
        let runner = Runner(arguments, base: base)
        exit(arguments.checksMutants ? runner.checkMutants() : runner.run())
    }
}
