// swift-tools-version: 6.2
import PackageDescription

/// Where `Scripts/bootstrap` unpacks the native libraries that no distribution package offers in the version we need.
let nativeLibraries = Context.packageDirectory + "/.native/lib"

/// One array for every Swift target, so that no target can miss a setting.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),  // SE-0335
    .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
    .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
    .treatAllWarnings(as: .error),
]

/// Finds the native libraries beside an installed binary (`../lib`) or in this checkout.
let nativeLinking: [LinkerSetting] = [
    .unsafeFlags([
        "-L\(nativeLibraries)", "-Xlinker", "-rpath", "-Xlinker", nativeLibraries,
        "-Xlinker", "-rpath", "-Xlinker", "$ORIGIN/../lib/wasmesh", "-Xlinker", "-rpath", "-Xlinker", "$ORIGIN/../lib",
    ])
]

func context(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .target(
        name: name, dependencies: dependencies, resources: resources, swiftSettings: settings,
        linkerSettings: nativeLinking)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, resources: resources, swiftSettings: settings,
        linkerSettings: nativeLinking)
}

let package = Package(
    name: "wasmesh",
    products: [
        .executable(name: "wasmesh", targets: ["wasmesh"]),
        .library(name: "falseclock", type: .dynamic, targets: ["FalseClock"]),
    ],
    targets: [
        // C libraries. No C type leaves the context that imports it.
        .systemLibrary(name: "CRdKafka", pkgConfig: "rdkafka", providers: [.apt(["librdkafka-dev"])]),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CMicroHTTPD", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CJemalloc", pkgConfig: "jemalloc", providers: [.apt(["libjemalloc-dev"])]),
        .systemLibrary(name: "CWasmtime"),
        .systemLibrary(name: "CSystem"),

        // Contexts; arrows point inward.
        .target(name: "CAllocation"),
        context("Allocator", ["CAllocation", "CJemalloc"]),
        context("MeshCore", ["CSystem"]),
        context("Schemas", ["MeshCore"]),
        context("Kafka", ["CRdKafka", "MeshCore"]),
        context("Postgres", ["CPostgres", "MeshCore"]),
        context("HTTPServer", ["CMicroHTTPD", "CCurl", "MeshCore"]),
        context("Telemetry", ["HTTPServer", "MeshCore"]),
        context("Wasm", ["CSystem", "CWasmtime", "MeshCore"]),
        context("Outbox", ["MeshCore", "Postgres", "Schemas"], resources: [.copy("SQL")]),
        context("Workflows", ["MeshCore", "Schemas", "Wasm", "Outbox"]),
        context("Egress", ["MeshCore", "Schemas", "HTTPServer", "Outbox"]),
        context("Publishing", ["MeshCore", "Kafka", "Outbox"]),
        context(
            "WasmWorker", ["MeshCore", "Schemas", "Kafka", "Postgres", "Wasm", "Outbox", "Workflows", "Publishing"]),
        context(
            "MeshRouter",
            [
                "CZlib", "MeshCore", "Schemas", "Kafka", "HTTPServer", "Telemetry", "Outbox", "Wasm", "Workflows",
                "Publishing",
            ],
            resources: [.embedInCode("Page/Files")]),
        context("Guests", ["MeshCore", "Schemas", "Wasm"]),
        context("Embedded", ["CSystem", "MeshCore", "Kafka", "Postgres"]),
        context(
            "Commands",
            [
                "MeshCore", "Schemas", "Guests", "Embedded", "Outbox", "WasmWorker", "MeshRouter", "Kafka", "Postgres",
                "HTTPServer", "Telemetry", "Egress",
                "Publishing", "Wasm",
            ]),
        .executableTarget(
            name: "wasmesh", dependencies: ["Allocator", "Commands"], swiftSettings: settings,
            linkerSettings: nativeLinking),

        // Measurements of one context; those of the whole mesh are in Benchmarks as well.
        .executableTarget(
            name: "sandbox-benchmark", dependencies: ["Wasm", "MeshCore", "Guests"], path: "Benchmarks/Sandbox",
            swiftSettings: settings, linkerSettings: nativeLinking),

        .executableTarget(
            name: "replay-benchmark",
            dependencies: ["Workflows", "Wasm", "Outbox", "Schemas", "MeshCore", "TestSupport"],
            path: "Benchmarks/Replay", exclude: ["replay.c"], swiftSettings: settings, linkerSettings: nativeLinking),

        .executableTarget(
            name: "mesh-benchmark",
            dependencies: [
                "Allocator", "MeshCore", "Schemas", "Guests", "Embedded", "Kafka", "Postgres", "Outbox", "Publishing",
                "Wasm", "WasmWorker", "MeshRouter",
            ],
            path: "Benchmarks/Mesh", swiftSettings: settings, linkerSettings: nativeLinking),

        // Real processes under real faults, and a checker of its own: `make chaos`, `make soak`.
        .target(name: "FalseClock", path: "Chaos/FalseClock"),
        .target(
            name: "Chaos", dependencies: ["MeshCore", "Embedded", "Kafka", "Postgres", "Outbox", "HTTPServer"],
            path: "Chaos/Harness", swiftSettings: settings, linkerSettings: nativeLinking),
        .executableTarget(
            name: "mesh-chaos", dependencies: ["Chaos"], path: "Chaos/Command", swiftSettings: settings,
            linkerSettings: nativeLinking),

        // Tests. `TestSupport` starts a real broker and a real Postgres on free ports and stops them again.
        .target(
            name: "TestSupport", dependencies: ["MeshCore", "Embedded", "Kafka", "Postgres", "Outbox"],
            path: "Tests/TestSupport", swiftSettings: settings, linkerSettings: nativeLinking),
        // The whole mesh on a simulated clock, broker and database (docs/testing.md); a process of its own, since it takes the runtime over.
        .target(name: "CSimulation", path: "Tests/CSimulation"),
        .executableTarget(
            name: "simulate",
            dependencies: [
                "CSimulation", "MeshCore", "Schemas", "Kafka", "Wasm", "Outbox", "Workflows", "Publishing",
                "WasmWorker",
                "MeshRouter", "TestSupport",
            ],
            path: "Tests/Simulation", swiftSettings: settings, linkerSettings: nativeLinking),
        tests("SimulationTests", []),
        // What reads the writing of others, as functions of bytes: for `make fuzz` and for `FuzzingTests`. Like tests it sees what
        // is internal, so it can be built for debugging, or with -enable-testing.
        .target(
            name: "Fuzzing",
            dependencies: [
                "MeshCore", "Schemas", "Kafka", "HTTPServer", "Wasm", "Outbox", "Workflows", "WasmWorker", "MeshRouter",
                "Commands", "Egress",
            ],
            path: "Tests/Fuzzing", exclude: ["Corpora", "Found", "pack-corpus.py"], swiftSettings: settings,
            linkerSettings: nativeLinking),
        tests("EgressTests", ["Egress", "HTTPServer", "MeshCore", "Outbox", "Postgres", "Schemas", "TestSupport"]),
        tests("FuzzingTests", ["Fuzzing", "TestSupport"]),
        tests("MeshCoreTests", ["MeshCore", "TestSupport"]),
        tests("SchemasTests", ["Schemas", "TestSupport"], resources: [.copy("Corpus"), .copy("Golden")]),
        tests("KafkaTests", ["CRdKafka", "Embedded", "Kafka", "TestSupport"]),
        tests("EmbeddedTests", ["Embedded", "Postgres", "TestSupport"]),
        tests("PostgresTests", ["Postgres", "Embedded", "TestSupport"]),
        tests("HTTPServerTests", ["HTTPServer", "TestSupport"]),
        tests("TelemetryTests", ["Telemetry", "HTTPServer", "MeshCore", "TestSupport"]),
        tests("WasmTests", ["Wasm", "MeshCore", "Fuzzing", "TestSupport"]),
        tests(
            "WorkflowsTests", ["Workflows", "Wasm", "Outbox", "Schemas", "MeshCore", "TestSupport"],
            resources: [.copy("Guests")]),
        tests("OutboxTests", ["Embedded", "Outbox", "Postgres", "Schemas", "TestSupport"]),
        tests("PublishingTests", ["Publishing", "TestSupport", "MeshCore", "Embedded", "Kafka", "Outbox"]),
        tests(
            "WasmWorkerTests",
            [
                "WasmWorker", "TestSupport", "MeshCore", "Schemas", "Kafka", "Postgres", "Outbox", "Publishing", "Wasm",
                "Workflows", "Embedded", "MeshRouter", "HTTPServer", "wasmesh",
            ]),
        tests("MeshRouterTests", ["MeshRouter", "TestSupport"]),
        tests(
            "GuestsTests", ["Guests", "MeshCore", "Schemas", "Wasm", "Workflows", "Outbox"],
            resources: [.copy("Golden")]),
        tests(
            "CommandsTests",
            [
                "Commands", "Egress", "Embedded", "Guests", "HTTPServer", "MeshCore", "Postgres", "Telemetry",
                "TestSupport",
                "WasmWorker",
            ]),
        tests("ChaosTests", ["Chaos", "MeshCore", "Embedded", "mesh-chaos", "wasmesh"]),
        tests("EndToEndTests", ["TestSupport", "Embedded", "HTTPServer", "Kafka", "Postgres", "wasmesh"]),
    ],
    swiftLanguageModes: [.v6]
)
