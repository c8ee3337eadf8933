/// What a run of a pipeline would do with a value, without doing it.
public struct PipelinePlan: Sendable, Hashable, CustomStringConvertible {
    public struct Line: Sendable, Hashable {
        /// 0 for the pipeline's own steps, 1 for those of a scope.
        public var depth: Int
        public var step: String
        public var action: Action
    }

    public enum Action: Sendable, Hashable {
        case run
        /// With the label of the condition.
        case skip(String)
        /// An optional step without handlers.
        case nothing
        /// Runs, and then the scope of that label.
        case scope(String)
    }

    public var lines: [Line]

    /// A line for each step.
    public var description: String {
        var text = ""
        for line in lines {
            text += String(repeating: "  ", count: line.depth) + line.step
            switch line.action {
            case .run: break
            case .skip(let label): text += ": skipped, \(label)"
            case .nothing: text += ": nothing to do"
            case .scope(let label): text += ": \(label)"
            }
            text += "\n"
        }
        return text
    }
}

extension Pipeline {
    /// What a run would do with `value` as it is now: conditions are asked now, though steps may change what later ones see.
    public func plan(for value: Value) -> PipelinePlan {
        var lines: [PipelinePlan.Line] = []
        for step in steps {
            if let label = step.skipLabel(value) {
                lines.append(PipelinePlan.Line(depth: 0, step: step.name, action: .skip(label)))
            } else if let scope = step.scopes.first(where: { $0.condition(value) }) {
                lines.append(PipelinePlan.Line(depth: 0, step: step.name, action: .scope(scope.label)))
                for line in scope.plan(value) {
                    lines.append(PipelinePlan.Line(depth: line.depth + 1, step: line.step, action: line.action))
                }
            } else {
                lines.append(PipelinePlan.Line(depth: 0, step: step.name, action: step.isEmpty ? .nothing : .run))
            }
        }
        return PipelinePlan(lines: lines)
    }

    /// Everything that is wrong with the pipeline, found without running it; `given` is what the value has from the start.
    public func problems(given: [String] = []) -> [String] {
        var problems: [String] = []
        var available = given
        var seen: [String] = []
        for (index, step) in steps.enumerated() {
            if seen.contains(step.name) { problems.append("\(name): the step \(step.name) is there twice") }
            seen.append(step.name)
            if step.isEmpty, !step.isOptional {
                problems.append("\(name): the step \(step.name) has no handler; add one, or mark it as optional")
            }
            for need in step.needs where !available.contains(need) {
                let later = steps[index...].first { $0.provides.contains(need) }
                problems.append(
                    "\(name): the step \(step.name) needs \(need), which "
                        + (later.map { "\($0.name) provides too late" } ?? "nothing provides"))
            }
            for scope in step.scopes { problems += scope.problems(available) }
            available += step.provides
        }
        return problems
    }

    /// Throws `FAILED_PRECONDITION` with all problems in its details, where there are any.
    public func check(given: [String] = []) throws(MeshError) {
        let problems = problems(given: given)
        if problems.isEmpty { return }
        throw .failedPrecondition(
            "the pipeline \(name) is wrong: \(problems[0])", details: .array(problems.map { .string($0) }))
    }
}
