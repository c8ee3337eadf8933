extension SchemaComparison {
    mutating func addRemoval(of method: MethodSchema) {
        let name = method.qualifiedName
        switch method.role {
        case .handler, .query: add(.breaking, .callers, name, "the method is gone")
        case .workflow:
            add(
                .breaking, .workflows, name,
                "the workflow is gone; those that run stay on their digest, and no new one can be started")
        case .signal:
            add(.breaking, .workflows, name, "the signal is gone, and workflows that wait for it can't get it")
        }
    }

    mutating func compareRoles(_ before: MethodSchema, _ after: MethodSchema) {
        let name = before.qualifiedName
        if before.role != after.role {
            add(
                .breaking, before.role == .handler || before.role == .query ? .callers : .workflows, name,
                "it is a \(after.role.rawValue) now instead of a \(before.role.rawValue), so that a call of it means something else"
            )
        }
        if after.isAnsweredSignal, before.role == .signal, !before.isAnsweredSignal {
            add(
                .breaking, .workflows, name,
                "the workflow's code answers it now, and workflows that run on former packages answer `{}`")
        }
        if before.role == .workflow, after.role == .workflow, before.result.isVoid, !after.result.isVoid {
            add(.breaking, .workflows, name, "it has a result now, and those that run on former packages answer `{}`")
        }
        guard before.schedule != after.schedule else { return }
        guard let schedule = after.schedule else {
            add(.compatible, .callers, name, "it isn't scheduled any more")
            return
        }
        add(.compatible, .callers, name, "it is scheduled by `\(schedule.cron)` (\(schedule.timezone)) now")
    }
}
