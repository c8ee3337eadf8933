extension SwiftRenderer {
    /// The types and calls of a schema of others, inside an enum named like its namespace: `Billing.Invoices.issue(…)`.
    func renderImport(to source: inout SourceText) {
        source.line()
        source.line("// MARK: - Imported: \(schema.namespace) \(schema.version)")
        source.line()
        source.documentation(schema.documentation, "What can be called in `\(schema.namespace)`.")
        source.block("enum \(SwiftNames.namespace(schema.namespace))") { source in
            for enumeration in schema.enums { render(enumeration, to: &source) }
            for type in schema.types { render(type, to: &source) }
            for service in schema.services { renderImport(service, to: &source) }
        }
    }

    private func renderImport(_ service: ServiceSchema, to source: inout SourceText) {
        let calls = service.methods.filter { $0.kind == .call && !$0.isScheduleOnly }
        if calls.isEmpty { return }
        source.line()
        source.documentation(service.documentation, SwiftRenderer.note(service.deprecation))
        source.block("enum \(SwiftNames.identifier(service.name))") { source in
            for (index, method) in calls.enumerated() {
                if index > 0 { source.line() }
                renderCall(of: method, in: service, to: &source)
            }
        }
        for method in calls where !method.arguments.isEmpty { renderArguments(of: method, in: service, to: &source) }
    }
}
