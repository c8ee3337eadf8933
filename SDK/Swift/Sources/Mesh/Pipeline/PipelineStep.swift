/// One step of a pipeline: handlers before, on and after it, run in this order, each kind in the order in which it was added.
public struct PipelineStep<Value, Context: MeshFacts> {
    public typealias Handler = (inout Value, Context) throws(MeshError) -> PipelineFlow

    public let name: String
    /// Names of what earlier steps must have provided; checked by `Pipeline.problems`.
    public private(set) var needs: [String] = []
    /// Names of what later steps may need.
    public private(set) var provides: [String] = []
    /// True where it may have no handlers.
    public private(set) var isOptional = false
    /// True where an error in it is noted in the log, and the pipeline goes on.
    public private(set) var ignoresErrors = false
    var skips: [(label: String, condition: (Value) -> Bool)] = []
    var handlers: [Phase] = []
    var scopes: [PipelineScope<Value, Context>] = []
    var otherwise = PipelineFlow.continue

    struct Phase {
        enum Kind: Int { case before, on, after }
        let kind: Kind
        let run: Handler
    }

    init(_ name: String, _ build: (inout PipelineStep) -> Void) {
        self.name = name
        build(&self)
    }

    /// What earlier steps must have provided.
    public mutating func needs(_ names: String...) { needs += names }

    /// What later steps may need.
    public mutating func provides(_ names: String...) { provides += names }

    /// It may have no handlers, and is passed over then.
    public mutating func optional() { isOptional = true }

    /// An error in it is noted in the log, and the pipeline goes on; a cancellation isn't ignored.
    public mutating func goesOnAfterErrors() { ignoresErrors = true }

    /// Passes the step over where `condition` holds just before it; the label says why, in plans and logs.
    public mutating func skip(_ label: String, if condition: @escaping (Value) -> Bool) {
        skips.append((label, condition))
    }

    // A handler may say whether to go on; one without a `return` is the other form.
    @_disfavoredOverload
    public mutating func before(_ run: @escaping Handler) { handlers.append(Phase(kind: .before, run: run)) }
    @_disfavoredOverload
    public mutating func on(_ run: @escaping Handler) { handlers.append(Phase(kind: .on, run: run)) }
    @_disfavoredOverload
    public mutating func after(_ run: @escaping Handler) { handlers.append(Phase(kind: .after, run: run)) }

    public mutating func before(_ run: @escaping (inout Value, Context) throws(MeshError) -> Void) {
        before(PipelineStep.continuing(run))
    }
    public mutating func on(_ run: @escaping (inout Value, Context) throws(MeshError) -> Void) {
        on(PipelineStep.continuing(run))
    }
    public mutating func after(_ run: @escaping (inout Value, Context) throws(MeshError) -> Void) {
        after(PipelineStep.continuing(run))
    }

    /// A handler of a part of the value, which is written back when it returns; not when it throws.
    public mutating func on<Part>(
        part read: @escaping (Value) -> Part, writeBack: @escaping (inout Value, Part) -> Void,
        _ run: @escaping (inout Part, Context) throws(MeshError) -> Void
    ) {
        on { value, mesh throws(MeshError) -> PipelineFlow in
            var part = read(value)
            try run(&part, mesh)
            writeBack(&value, part)
            return .continue
        }
    }

    private static func continuing(
        _ run: @escaping (inout Value, Context) throws(MeshError) -> Void
    ) -> Handler {
        { value, mesh throws(MeshError) -> PipelineFlow in
            try run(&value, mesh)
            return .continue
        }
    }
}

// MARK: - Running
extension PipelineStep {
    /// The label of the first condition that passes it over.
    func skipLabel(_ value: Value) -> String? { skips.first { $0.condition(value) }?.label }

    var isEmpty: Bool { handlers.isEmpty && scopes.isEmpty }

    func run(_ value: inout Value, _ mesh: Context) throws(MeshError) -> PipelineFlow {
        if let label = skipLabel(value) {
            mesh.log.debug("step \(name) is skipped: \(label)")
            return .continue
        }
        if isEmpty, !isOptional {
            throw .failedPrecondition("the step \(name) has no handler; add one, or mark it as optional")
        }
        do throws(MeshError) {
            return try runPhases(&value, mesh)
        } catch {
            if !ignoresErrors || error.isCancelled || mesh.host.workflow.isContinued { throw error }
            mesh.log.warning("step \(name) has failed and is passed over: \(error.code): \(error.message)")
            return .continue
        }
    }

    private func runPhases(_ value: inout Value, _ mesh: Context) throws(MeshError) -> PipelineFlow {
        for handler in handlers where handler.kind == .before {
            if try handler.run(&value, mesh) == .stop { return .stop }
        }
        for handler in handlers where handler.kind == .on {
            if try handler.run(&value, mesh) == .stop { return .stop }
        }
        if try runScope(&value, mesh) == .stop { return .stop }
        for handler in handlers where handler.kind == .after {
            if try handler.run(&value, mesh) == .stop { return .stop }
        }
        return .continue
    }

    /// Runs the first scope whose condition holds.
    private func runScope(_ value: inout Value, _ mesh: Context) throws(MeshError) -> PipelineFlow {
        if scopes.isEmpty { return .continue }
        for scope in scopes where scope.condition(value) {
            return try scope.run(&value, mesh) == .completed ? .continue : .stop
        }
        return otherwise
    }
}
