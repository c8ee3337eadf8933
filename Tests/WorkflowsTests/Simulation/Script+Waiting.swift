@testable import Workflows

extension Script {
    /// Waits for a signal, and says what it got.
    static let waiting: @Sendable (Script) throws(Script.End) -> String = { script throws(Script.End) in
        let value = try script.value(script.receive("approve"))
        if value == "cancelled" { throw .failed("CANCELLED") }
        return value
    }
}

extension WorkflowInput {
    /// A call that begins the script, or joins it.
    static func start(_ input: String, id: String) -> WorkflowInput {
        .start(ScriptMesh.call(Array(input.utf8), id: id), method: "run")
    }
}
