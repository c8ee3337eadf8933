/// Finds mistyped settings among environment variables.
///
/// Only what is nearly the name of one is told: others may have variables that begin alike, as Kubernetes has for a service named `wasmesh`.
package enum EnvironmentCheck {
    private static let prefix = "WASMESH_"

    /// All variables that some command reads.
    package static let known: Set<String> = Set(
        Settings.all.compactMap(\.environment) + [
            "WASMESH_CONFIG", "WASMESH_JSON", "WASMESH_KAFKA_PROPERTIES", "WASMESH_NATIVE", "WASMESH_SDK",
            "WASMESH_TEST_SANDBOX", "WASMESH_TOKEN", "WASMESH_TRACE_HEADERS",
        ])

    /// A line for each variable that is probably meant to be another one.
    static func warnings(_ environment: [String: String]) -> [String] {
        let names = known.map { String($0.dropFirst(prefix.count)) }.sorted()
        return environment.keys.filter { $0.hasPrefix(prefix) && !known.contains($0) && !$0.contains("_SERVICE_") }
            .sorted().compactMap { name in
                DidYouMean.suggestion(for: String(name.dropFirst(prefix.count)), among: names).map {
                    "warning: the environment variable \(name) isn't read; did you mean '\(prefix)\($0)'?"
                }
            }
    }
}
