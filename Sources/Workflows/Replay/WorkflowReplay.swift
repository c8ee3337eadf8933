package import Outbox

/// Runs a journal against a package and changes nothing: for the deploy gate, `upgrade` and the debugger.
package enum WorkflowReplay {
    /// Nil where the code does what the journal has.
    package static func check(_ record: WorkflowRecord, code: some WorkflowCode, randomSecret: [UInt8])
        -> WorkflowDifference?
    {
        nil
    }
}
