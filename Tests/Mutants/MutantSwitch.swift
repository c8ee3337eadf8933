import Glibc

/// Whether the line that keeps a promise is taken away: `WASMESH_MUTANT` names the mutant that is in force.
///
/// `Scripts/mutants` puts it into a copy of each module that a patch changes; the product has nothing of the kind.
func isTaken(_ mutant: String) -> Bool { mutantInForce == mutant }

private let mutantInForce = getenv("WASMESH_MUTANT").map { String(cString: $0) }
