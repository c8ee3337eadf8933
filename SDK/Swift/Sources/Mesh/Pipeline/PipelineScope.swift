/// A pipeline inside a step, which runs where its condition is the first to hold.
struct PipelineScope<Value, Context: MeshFacts> {
    let label: String
    let condition: (Value) -> Bool
    let run: (inout Value, Context) throws(MeshError) -> PipelineOutcome
    let plan: (Value) -> [PipelinePlan.Line]
    let problems: ([String]) -> [String]
}

extension PipelineStep {
    /// Runs `pipeline` after the step's `on` handlers where `condition` is the first to hold. When it stops, so does the one around it.
    public mutating func scope(
        _ label: String, when condition: @escaping (Value) -> Bool, run pipeline: Pipeline<Value, Context>
    ) {
        scopes.append(
            PipelineScope(
                label: label, condition: condition,
                run: { value, mesh throws(MeshError) in try pipeline.run(&value, mesh) },
                plan: { value in pipeline.plan(for: value).lines }, problems: { pipeline.problems(given: $0) }))
    }

    /// The same over a part of the value, which is written back when the pipeline has ended without an error.
    public mutating func scope<Part>(
        _ label: String, when condition: @escaping (Value) -> Bool, run pipeline: Pipeline<Part, Context>,
        part read: @escaping (Value) -> Part, writeBack: @escaping (inout Value, Part) -> Void
    ) {
        scopes.append(
            PipelineScope(
                label: label, condition: condition,
                run: { value, mesh throws(MeshError) in
                    var part = read(value)
                    let outcome = try pipeline.run(&part, mesh)
                    writeBack(&value, part)
                    return outcome
                }, plan: { value in pipeline.plan(for: read(value)).lines },
                problems: { pipeline.problems(given: $0) }))
    }

    /// The same with a pipeline of a registry, looked up by its name when the step runs.
    public mutating func scope(
        _ label: String, when condition: @escaping (Value) -> Bool, named name: String,
        in registry: PipelineRegistry<Value, Context>
    ) {
        scopes.append(
            PipelineScope(
                label: label, condition: condition,
                run: { value, mesh throws(MeshError) in try registry.run(name, &value, mesh) },
                plan: { value in registry.look(into: name, again: []) { $0?.plan(for: value).lines ?? [] } },
                problems: { given in
                    registry.look(into: name, again: []) { pipeline in
                        pipeline?.problems(given: given)
                            ?? ["the scope \(label) names the pipeline \(name), which isn't registered"]
                    }
                }))
    }

    /// What happens where no scope's condition holds: `.continue` unless told.
    public mutating func otherwise(_ flow: PipelineFlow) { otherwise = flow }
}

/// Pipelines by name.
public final class PipelineRegistry<Value, Context: MeshFacts> {
    private var pipelines: [Pipeline<Value, Context>] = []
    /// What is being looked into, without being run.
    private var entered: [String] = []

    public init() {}

    /// Looks into a pipeline; one that names itself, whose runs its conditions end, is looked into once.
    func look<Result>(into name: String, again: Result, _ body: (Pipeline<Value, Context>?) -> Result) -> Result {
        if entered.contains(name) { return again }
        entered.append(name)
        defer { entered.removeLast() }
        return body(pipeline(name))
    }

    /// Adds a pipeline; one of the same name is replaced.
    public func register(_ pipeline: Pipeline<Value, Context>) {
        pipelines.removeAll { $0.name == pipeline.name }
        pipelines.append(pipeline)
    }

    public var names: [String] { pipelines.map { $0.name } }

    public func pipeline(_ name: String) -> Pipeline<Value, Context>? { pipelines.first { $0.name == name } }

    /// Runs the pipeline of that name; `NOT_FOUND` where there is none.
    @discardableResult
    public func run(_ name: String, _ value: inout Value, _ mesh: Context) throws(MeshError) -> PipelineOutcome {
        guard let pipeline = pipeline(name) else {
            throw .notFound("there is no pipeline \(name); registered are \(names.joined(separator: ", "))")
        }
        return try pipeline.run(&value, mesh)
    }
}
