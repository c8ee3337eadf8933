/// Why a run could not take place: not what was found by it.
package struct ChaosFailure: Error, CustomStringConvertible {
    package var description: String

    package init(_ description: String) { self.description = description }
}
