import MeshCore

/// `wasmesh doctor`
enum DoctorCommand: Command {
    static let description = CommandDescription(
        "doctor", "checks versions, connections, topics, migrations and settings, and says what to do",
        discussion:
            "Ends with 0 when nothing is wrong (warnings are no more), with 1 when something is, with 3 when a server is away.",
        options: MeshSettings.options + [Settings.url.description, Settings.token.description])

    static func run(_ invocation: Invocation) async throws {
        Log.silence()
        let postgres = invocation.optional(Settings.postgres)
        let properties = try MeshSettings.properties(invocation)
        async let database =
            postgres.asyncMap(PostgresCheck.run) ?? [notConfigured("postgres", "--postgres or WASMESH_POSTGRES")]
        async let brokers = kafka(invocation, properties, postgres)
        async let router = RouterCheck.run(try RouterClient(invocation))
        let findings = try await ToolchainCheck.run() + database + brokers + router
        report(findings, invocation.output)
        let verdicts = Set(findings.map(\.verdict))
        if verdicts.contains(.unreachable) { throw CommandFailure.silent(.unreachable) }
        if verdicts.contains(.problem) { throw CommandFailure.silent(.failure) }
    }

    private static func kafka(
        _ invocation: Invocation, _ properties: [String: String], _ postgres: String?
    ) async -> [Finding] {
        guard let servers = invocation.optional(Settings.kafka) else {
            return [notConfigured("kafka", "--kafka or WASMESH_KAFKA")]
        }
        return await KafkaCheck.run(
            MeshParts.kafka(servers, properties, isEmbedded: invocation.developmentKafka == servers), postgres: postgres
        )
    }

    private static func notConfigured(_ subject: String, _ how: String) -> Finding {
        Finding(
            subject: subject, verdict: .note, fact: "not configured, not checked",
            remedy: "give \(how), or run this in a project while `wasmesh dev` runs")
    }

    private static func report(_ findings: [Finding], _ output: Output) {
        if output.isJSON { return output.line("[" + findings.map(\.json).joined(separator: ",") + "]") }
        let width = findings.map(\.subject.count).max() ?? 0
        for finding in findings {
            let (sign, color): (String, Output.Color) =
                switch finding.verdict {
                case .fine: ("ok  ", .green)
                case .note: ("note", .blue)
                case .warning: ("warn", .yellow)
                case .problem, .unreachable: ("FAIL", .red)
                }
            let padding = String(repeating: " ", count: width - finding.subject.count)
            output.line("\(output.paint(sign, color))  \(finding.subject)\(padding)  \(finding.fact)")
            if !finding.remedy.isEmpty {
                output.line("      \(String(repeating: " ", count: width))  → \(finding.remedy)")
            }
        }
    }
}

extension Optional {
    fileprivate func asyncMap<Result>(_ transform: (Wrapped) async -> Result) async -> Result? {
        switch self {
        case .none: nil
        case .some(let wrapped): await transform(wrapped)
        }
    }
}
