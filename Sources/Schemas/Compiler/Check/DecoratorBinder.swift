/// Checks decorators against the catalogue: known, in place, once, with the arguments they take.
struct DecoratorBinder {
    let sink: DiagnosticSink

    /// The valid decorators among `decorators`, by name; the others are reported.
    func bind(_ decorators: [DecoratorSyntax], on target: DecoratorSpecification.Target) -> [String: BoundDecorator] {
        var bound: [String: BoundDecorator] = [:]
        var seen: Set<String> = []
        for decorator in decorators {
            guard let specification = specification(decorator, on: target) else { continue }
            guard seen.insert(decorator.name).inserted else {
                sink.report(decorator.location, "\(decorator.shown) stands here twice; keep one")
                continue
            }
            bound[decorator.name] = bind(decorator, specification)
        }
        return bound
    }

    private func specification(
        _ decorator: DecoratorSyntax, on target: DecoratorSpecification.Target
    ) -> DecoratorSpecification? {
        guard let specification = DecoratorCatalogue.specification(decorator.name) else {
            sink.report(decorator.location, unknown(decorator, target))
            return nil
        }
        guard specification.targets.contains(target) else {
            let places = specification.targets.map(\.rawValue).joined(separator: " or ")
            sink.report(
                decorator.location, "\(decorator.shown) can't stand on \(target.rawValue); it belongs to \(places)")
            return nil
        }
        if let refusal = specification.refusal {
            sink.report(decorator.location, "\(decorator.shown) is not implemented yet (\(refusal))")
            return nil
        }
        return specification
    }

    private func unknown(_ decorator: DecoratorSyntax, _ target: DecoratorSpecification.Target) -> String {
        let here = DecoratorCatalogue.names(for: target)
        let guess =
            Suggestion.closest(to: decorator.name, among: here)
            ?? Suggestion.closest(to: decorator.name, among: DecoratorCatalogue.all.map(\.name))
        let hint =
            guess.map { "did you mean `@\($0)`?" }
            ?? "on \(target.rawValue) there are \(here.map { "`@\($0)`" }.joined(separator: ", "))"
        return "`@\(decorator.name.shortened)` isn't a decorator; \(hint)"
    }

    private func bind(_ decorator: DecoratorSyntax, _ specification: DecoratorSpecification) -> BoundDecorator? {
        bind(
            decorator.arguments, specification.parameters, owner: decorator.shown, name: decorator.name,
            location: decorator.location, takesPosition: specification.takesPosition)
    }

    /// Nil if any argument is wrong; all of them are reported.
    private func bind(
        _ arguments: [DecoratorArgumentSyntax], _ parameters: [DecoratorSpecification.Parameter], owner: String,
        name: String, location: SourceLocation, takesPosition: Bool
    ) -> BoundDecorator? {
        var bound = BoundDecorator(name: name, location: location)
        var isValid = true
        var given: Set<String> = []
        for (index, argument) in arguments.enumerated() {
            guard let parameter = parameter(argument, index, parameters, owner: owner, takesPosition: takesPosition)
            else {
                isValid = false
                continue
            }
            guard given.insert(parameter.name).inserted else {
                sink.report(argument.location, "`\(parameter.name)` of \(owner) is given twice; keep one")
                isValid = false
                continue
            }
            if let value = value(argument.value, parameter, owner: owner) {
                bound.arguments[parameter.name] = .init(value: value, location: argument.value.location)
            } else {
                isValid = false
            }
        }
        for parameter in parameters where parameter.isRequired && !given.contains(parameter.name) && isValid {
            sink.report(location, "\(owner) wants the argument `\(parameter.name)`; write \(example(owner, parameter))")
            isValid = false
        }
        return isValid ? bound : nil
    }

    private func parameter(
        _ argument: DecoratorArgumentSyntax, _ index: Int, _ parameters: [DecoratorSpecification.Parameter],
        owner: String, takesPosition: Bool
    ) -> DecoratorSpecification.Parameter? {
        guard let name = argument.name else {
            if index == 0, takesPosition { return parameters.first }
            let hint =
                parameters.isEmpty
                ? "it takes no arguments"
                : "write \(parameters.map { "`\($0.name): …`" }.joined(separator: " or "))"
            sink.report(argument.location, "\(owner) doesn't take \(argument.value.shown) without a name; \(hint)")
            return nil
        }
        if let parameter = parameters.first(where: { $0.name == name.text }) { return parameter }
        let names = parameters.map(\.name)
        let all = names.map { "`\($0)`" }.joined(separator: ", ")
        sink.report(
            name.location,
            "`\(name.text.shortened)` isn't an argument of \(owner)"
                + Suggestion.phrase(
                    for: name.text, among: names, else: names.isEmpty ? "; it takes none" : "; it takes \(all)"))
        return nil
    }

    private func example(_ owner: String, _ parameter: DecoratorSpecification.Parameter) -> String {
        let decorator = owner.filter { $0 != "`" }
        return switch parameter.kind {
        case .number: "`\(decorator)(1)`"
        case .texts: "`\(decorator)(\(parameter.name): [\"…\"])`"
        default: "`\(decorator)(\(parameter.name): \"…\")`"
        }
    }

    // MARK: Values

    private func value(
        _ value: ValueSyntax, _ parameter: DecoratorSpecification.Parameter, owner: String
    ) -> BoundDecorator.Value? {
        let argument = "`\(parameter.name)` of \(owner)"
        func refuse(_ expectation: String) -> BoundDecorator.Value? {
            sink.report(value.location, "\(argument) is \(expectation), not \(value.shown)")
            return nil
        }
        switch (parameter.kind, value.kind) {
        case (_, .invalid): return nil
        case (.text, .string(let text)): return .text(text)
        case (.text, _): return refuse("a string in double quotes")
        case (.wholeNumber(let range), .integer(let text)):
            guard let number = Int(text), range.contains(number) else {
                return refuse("a whole number from \(range.lowerBound) to \(range.upperBound)")
            }
            return .wholeNumber(number)
        case (.wholeNumber(let range), _):
            return refuse("a whole number, such as `\(max(range.lowerBound, min(3, range.upperBound)))`")
        case (.number, .integer(let text)), (.number, .float(let text)): return .number(text)
        // A string, so that an exact decimal can be given as it travels.
        case (.number, .string(let text)) where DecimalText(text) != nil: return .number(text)
        case (.number, _): return refuse("a number")
        case (.duration(let range), .string(let text)):
            guard let duration = DurationText.parse(text) else {
                return refuse("a duration such as `\"400ms\"`, `\"3s\"`, `\"5m\"` or `\"1h30m\"`")
            }
            guard range.contains(duration) else {
                return refuse(
                    "from \(DurationText.render(range.lowerBound)) to \(DurationText.render(range.upperBound))")
            }
            return .duration(duration)
        case (.duration, _): return refuse("a duration in a string, such as `\"3s\"`")
        case (.byteCount(let range), .string(let text)):
            guard let count = ByteCountText.parse(text) else {
                return refuse("a size such as `\"256KB\"` or `\"1MB\"`")
            }
            guard range.contains(count) else { return refuse("at most \(ByteCountText.render(range.upperBound))") }
            return .byteCount(count)
        case (.byteCount(let range), .integer(let text)):
            guard let count = Int(text), range.contains(count) else {
                return refuse("from \(range.lowerBound) to \(range.upperBound) bytes")
            }
            return .byteCount(count)
        case (.byteCount, _): return refuse("a size such as `\"256KB\"`")
        case (.texts, .list(let items)):
            var texts: [String] = []
            for item in items {
                guard case .string(let text) = item.kind, !text.isEmpty else {
                    sink.report(item.location, "\(argument) is a list of strings; \(item.shown) is none")
                    return nil
                }
                texts.append(text)
            }
            return texts.isEmpty ? refuse("a list of at least one string") : .texts(texts)
        case (.texts, .string(let text)): return refuse("a list; write `[\"\(text.shortened)\"]`")
        case (.texts, _): return refuse("a list of strings, such as `[\"admin\"]`")
        case (.choice(let words), .string(let text)), (.choice(let words), .word(let text)):
            if words.contains(text) { return .text(text) }
            let all = words.map { "`\"\($0)\"`" }.joined(separator: ", ")
            sink.report(
                value.location,
                "\(argument) can't be \(value.shown)"
                    + Suggestion.phrase(for: text, among: words, else: "; it is one of \(all)"))
            return nil
        case (.choice(let words), _): return refuse("one of \(words.map { "`\"\($0)\"`" }.joined(separator: ", "))")
        case (.object(let parameters), .object(let fields)):
            let bound = bind(
                fields, parameters, owner: "`\(parameter.name)`", name: parameter.name, location: value.location,
                takesPosition: false)
            return bound.map { .object($0) }
        case (.object(let parameters), _):
            return refuse("an object, such as `{ \(parameters.first?.name ?? "name"): … }`")
        }
    }
}
