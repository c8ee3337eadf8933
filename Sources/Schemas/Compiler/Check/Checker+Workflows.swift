extension Checker {
    /// Decorators that give a call a meaning of its own.
    static let callDecorators = ["workflow", "signal", "query", "schedule"]

    private static let roleNames = ["workflow", "signal", "query"]

    func role(_ decorators: [String: BoundDecorator]) -> MethodRole {
        if decorators["workflow"] != nil { return .workflow }
        if decorators["signal"] != nil { return .signal }
        return decorators["query"] != nil ? .query : .handler
    }

    /// Reports roles that contradict each other, and what means nothing beside them.
    func checkRoles(_ decorators: [String: BoundDecorator], _ given: Set<String>, _ syntax: MemberSyntax) {
        let roles = Checker.roleNames.filter(given.contains)
        if roles.count > 1, let second = decorators[roles[1]] {
            report(
                second.location,
                "`@\(roles[1])` can't stand beside `@\(roles[0])`; `\(syntax.name.text)` is one or the other")
        }
        guard let role = roles.first, role != "workflow" else { return }
        let reasons = [
            "durable": role == "signal"
                ? "has no meaning on a signal, which is stored and not run; remove it" : nil,
            "schedule": "is for handlers and workflows; `\(syntax.name.text)` is for a workflow that is there already",
            "scheduleOnly": "has no meaning on a \(role): nobody could call it; remove it",
        ]
        for name in reasons.keys.sorted() {
            if let reason = reasons[name] ?? nil, let decorator = decorators[name] {
                report(decorator.location, "`@\(name)` \(reason)")
            }
        }
    }

    func schedule(_ decorator: BoundDecorator?, _ method: MethodSchema, _ syntax: MemberSyntax) -> SchedulePolicy? {
        guard let decorator, let text = decorator.text("cron") else { return nil }
        var policy = SchedulePolicy(cron: text.split(separator: " ").joined(separator: " "))
        do {
            _ = try CronExpression(policy.cron)
        } catch {
            report(decorator.location(of: "cron"), "the schedule `\(text.shortened)` is refused: \(error.message)")
        }
        if let zone = decorator.text("timezone") {
            checkZone(zone, decorator.location(of: "timezone"))
            policy.timezone = zone
        }
        policy.overlap = decorator.text("overlap").flatMap(SchedulePolicy.Overlap.init) ?? policy.overlap
        if policy.overlap == .cancel, method.role == .handler {
            report(
                decorator.location(of: "overlap"),
                "`\(method.name)` is a handler, which can't be cancelled; write `skip` or `allow`, or make it a `@workflow`"
            )
        }
        policy.catchUp = decorator.duration("catchUp") ?? policy.catchUp
        if let argument = method.arguments.first(where: { !$0.type.isNullable }) {
            report(
                decorator.location,
                "`\(method.name)` is called without arguments by its schedule, and `\(argument.name)` is needed; write `\(argument.name): \(TypeReference(argument.type.base, isNullable: true))`"
            )
        }
        return policy
    }

    private func checkZone(_ zone: String, _ location: SourceLocation) {
        guard !TimeZoneNames.all.contains(zone) else { return }
        // People write the city alone, or the offset.
        let city = TimeZoneNames.all.filter { $0.hasSuffix("/" + zone.replacing(" ", with: "_")) }.min()
        report(
            location,
            "there is no time zone `\(zone.shortened)`"
                + (city.map { "; did you mean `\($0)`?" }
                    ?? Suggestion.phrase(
                        for: zone, among: TimeZoneNames.all.sorted(),
                        else: "; write a name of the IANA database such as `Europe/Berlin`, or `UTC`")))
    }

    /// Signals and queries need a workflow that they are for.
    func checkRoles(of service: ServiceSchema, _ syntax: ServiceSyntax) {
        guard service.workflows.isEmpty, !syntax.isIncomplete else { return }
        for method in syntax.methods {
            guard let decorator = method.decorators.first(where: { ["signal", "query"].contains($0.name) }),
                [.signal, .query].contains(service.method(method.name.text)?.role)
            else { continue }
            let hint = decorator.name == "query" ? ", or remove `@query`: a handler can answer too" : ""
            report(
                decorator.location,
                "`\(method.name.text)` is a \(decorator.name), and `\(service.name)` has no workflow; mark one of its methods with `@workflow`\(hint)"
            )
        }
    }

    // MARK: Attributes

    func isAttribute(_ decorator: BoundDecorator?, _ type: TypeReference, _ owner: String) -> Bool {
        guard let decorator else { return false }
        switch type.base {
        case .object(Checker.unresolved): return true
        case .scalar(let scalar) where scalar != .json && scalar != .void && scalar != .bytes: return true
        case .enumeration: return true
        case .scalar, .object, .list:
            report(
                decorator.location,
                "`@attribute` makes a column to search by, and `\(owner)` is `\(TypeReference(type.base, isNullable: true))`; it is for scalars (not `Bytes` or `JSON`) and enums"
            )
            return true
        }
    }

    /// An attribute that no view shows would be silently ignored.
    func checkAttributes() {
        // Where there are errors, a service that was reported may well be the one.
        guard !isIncomplete, !sink.hasErrors else { return }
        let searched = Set(services.filter { !$0.workflows.isEmpty }.compactMap { $0.stateType?.name })
        for attribute in attributes where !searched.contains(attribute.type) {
            report(
                attribute.location,
                "`@attribute` is for the state of a service with workflows, and `\(attribute.type)` is none; write `service … @state(type: \"\(attribute.type)\")` with a `@workflow`, or remove it"
            )
        }
    }
}
