/// Named steps that run in order over one value: `Pipeline<Checkout, OrdersWorkflow>("checkout")`.
///
/// In a workflow its steps call, wait and sleep like any code there, and what they begin is labelled with their names; in a handler
/// it is a way to order code. Nothing of it is kept between runs: it is made anew by each execution.
public struct Pipeline<Value, Context: MeshFacts> {
    public let name: String
    public private(set) var steps: [PipelineStep<Value, Context>] = []

    public init(_ name: String) { self.name = name }

    /// Adds a step at the end: `pipeline.step("price") { step in step.on { cart, mesh in … } }`.
    public mutating func step(_ name: String, _ build: (inout PipelineStep<Value, Context>) -> Void) {
        steps.append(PipelineStep(name, build))
    }

    /// Adds a step before another; at the end where there is none of that name.
    public mutating func step(
        _ name: String, before other: String, _ build: (inout PipelineStep<Value, Context>) -> Void
    ) {
        steps.insert(PipelineStep(name, build), at: index(of: other) ?? steps.count)
    }

    /// Adds a step behind another; at the end where there is none of that name.
    public mutating func step(
        _ name: String, after other: String, _ build: (inout PipelineStep<Value, Context>) -> Void
    ) {
        steps.insert(PipelineStep(name, build), at: index(of: other).map { $0 + 1 } ?? steps.count)
    }

    /// Takes a step out.
    public mutating func remove(_ name: String) { steps.removeAll { $0.name == name } }

    private func index(of name: String) -> Int? { steps.firstIndex { $0.name == name } }
}

/// Whether what follows runs.
public enum PipelineFlow: Sendable, Hashable {
    case `continue`
    /// Ends the pipeline, and the one around it; that is no error.
    case stop
}

/// How a run of a pipeline ended.
public enum PipelineOutcome: Sendable, Hashable {
    case completed
    /// The step that ended it.
    case stopped(at: String)
}

// MARK: - Running
extension Pipeline {
    /// Runs the steps in order; the first error ends it and is thrown on.
    @discardableResult
    public func run(_ value: inout Value, _ mesh: Context) throws(MeshError) -> PipelineOutcome {
        let outer = mesh.host.workflow.label
        for step in steps {
            mesh.host.workflow.label = (outer ?? name) + "/" + step.name
            let flow: PipelineFlow
            do throws(MeshError) {
                flow = try step.run(&value, mesh)
            } catch {
                mesh.host.workflow.label = outer
                throw error
            }
            mesh.host.workflow.label = outer
            if flow == .stop { return .stopped(at: step.name) }
        }
        return .completed
    }
}
