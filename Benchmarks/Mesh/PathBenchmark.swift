/// The message path against the raw pipeline: the same records consumed, the same rows written, the same records
/// produced, without sandbox, schema, or validation. Everything on this machine, in this run, in turn.
enum PathBenchmark {
    static func run(_ stage: Stage) async throws {
        let options = stage.options
        say("### Mesh against the raw pipeline\n")
        say(
            "\(options.records) records of about 110 bytes, \(options.keys) keys, \(options.partitions) partitions\n")
        var raws: [Measurement] = []
        var meshes: [Measurement] = []
        say("| run | raw pipeline | mesh | mesh / raw |\n|---|---|---|---|")
        for run in 1...options.rounds {
            // Who goes first alternates, so that a machine that slows down or speeds up favours nobody.
            if run % 2 == 0 { meshes.append(try await MeshPipeline.measure(stage)) }
            raws.append(try await RawPipeline.measure(stage))
            if run % 2 == 1 { meshes.append(try await MeshPipeline.measure(stage)) }
            let (raw, mesh) = (raws[run - 1].rate, meshes[run - 1].rate)
            say("| \(run) | \(rate(raw)) | \(rate(mesh)) | \(percent(mesh / raw)) |")
        }
        let ratio = median(zip(meshes, raws).map { $0.rate / $1.rate })
        say("\nmedian: the mesh reaches \(percent(ratio)) of the raw pipeline (goal: at least 50 %)")
        say("\n| processor time per message, µs | raw pipeline | mesh |\n|---|---|---|")
        let parts: [(String, KeyPath<ProcessorTime, Double>)] = [
            ("pipeline or worker, with its clients", \.pipeline), ("Postgres", \.postgres), ("broker", \.broker),
            ("sum", \.sum),
        ]
        for (name, part) in parts {
            let cells = [raws, meshes].map { decimal(median($0.map { $0.perMessage(part) }), 1) }
            say("| \(name) | \(cells[0]) | \(cells[1]) |")
        }
    }

    private static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
    private static func rate(_ value: Double) -> String { "\(Int(value.rounded())) messages/s" }
    private static func percent(_ value: Double) -> String { "\(Int((value * 100).rounded())) %" }
}
