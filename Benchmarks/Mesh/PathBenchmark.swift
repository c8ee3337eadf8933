/// The message path against the raw pipeline: the same records consumed, the same rows written, the same records
/// produced, without sandbox, schema, or validation. Everything on this machine, in this run, in turn.
enum PathBenchmark {
    static func run(_ stage: Stage) async throws {
        let options = stage.options
        say("### Mesh against the raw pipeline\n")
        say(
            "\(options.records) records of about 110 bytes, \(options.keys) keys, \(options.partitions) partitions\n")
        var ratios: [Double] = []
        say("| run | raw pipeline | mesh | mesh / raw |\n|---|---|---|---|")
        for run in 1...options.rounds {
            // Who goes first alternates, so that a machine that slows down or speeds up favours nobody.
            let meshFirst = run % 2 == 0
            let early = meshFirst ? try await MeshPipeline.measure(stage) : 0
            let raw = try await RawPipeline.measure(stage)
            let mesh = meshFirst ? early : try await MeshPipeline.measure(stage)
            ratios.append(mesh / raw)
            say("| \(run) | \(rate(raw)) | \(rate(mesh)) | \(percent(mesh / raw)) |")
        }
        let median = ratios.sorted()[ratios.count / 2]
        say("\nmedian: the mesh reaches \(percent(median)) of the raw pipeline (goal: at least 50 %)")
    }

    private static func rate(_ value: Double) -> String { "\(Int(value.rounded())) messages/s" }
    private static func percent(_ value: Double) -> String { "\(Int((value * 100).rounded())) %" }
}
