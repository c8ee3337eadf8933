/// A package is deployed whose services handle other events than before and keep more state; some seconds later the former one is again.
///
/// Forth it is a change that breaks nobody; what waits for the handler that goes wants to be told. Back it takes fields away, as a rollback does.
struct HandlerChange: Sendable {
    let stage: Stage
    let fault: Fault
    /// What is in force, and will be again.
    let package: String

    /// What was done; nil where the other package wasn't taken.
    func perform() async throws -> String? {
        // Without an answer it may have been taken all the same.
        let outcome = try? await stage.deploy(stage.packages.changed, ["--force"])
        if outcome?.exit == 0 { try? await Task.sleep(for: fault.hold) }
        let tries = try await stage.deployAtAnyRate(package, ["--allow-breaking", "--force"])
        guard let outcome, outcome.exit == 0 else {
            if let outcome, outcome.exit == 4 { throw ChaosFailure("a compatible change was refused: \(outcome.text)") }
            return nil
        }
        return "other handlers for \(fault.hold.text), back at try \(tries)"
    }
}
