/// What a call of a method means.
package enum MethodRole: String, Sendable, Hashable, CaseIterable {
    /// Runs to its end in one transaction.
    case handler
    /// `@workflow`: starts a workflow, whose id is the call's key; answered when it ends.
    case workflow
    /// `@signal`: hands its arguments to the workflow whose id is the call's key; answered when they are stored, or, where it has a
    /// result, by the workflow's code.
    case signal
    /// `@query`: a handler that may read its key's state and nothing else.
    case query
}
