import Commands
import Embedded
import Foundation
import Testing

@Suite struct ConfigurationTests {
    private func invocation(
        flags: [String] = [], environment: [String: String] = [:], file: String? = nil,
        development: DevelopmentAddresses? = nil
    ) throws -> Invocation {
        try Invocation(
            line: ParsedLine.parse(["services"] + flags, root: RootCommand.self),
            output: CapturedOutput().output(json: false), environment: environment,
            configuration: file.map { try ConfigurationFile.read($0, path: "wasmesh.json") } ?? .empty,
            directory: "/nonexistent", development: development)
    }

    private let development = DevelopmentAddresses(
        router: "http://dev:1", kafka: "dev:2", postgres: "postgresql://dev",
        process: ProcessIdentity(number: 1, since: nil), directory: "/nonexistent")

    @Test func `a flag beats the environment beats the file beats a running dev beats the default`() throws {
        let file = #"{"router": {"url": "http://file"}}"#
        let environment = ["WASMESH_URL": "http://environment"]
        #expect(
            try invocation(
                flags: ["--url", "http://flag"], environment: environment, file: file, development: development
            ).value(Settings.url) == "http://flag")
        #expect(
            try invocation(environment: environment, file: file, development: development).value(Settings.url)
                == "http://environment")
        #expect(try invocation(file: file, development: development).value(Settings.url) == "http://file")
        #expect(try invocation(development: development).value(Settings.url) == "http://dev:1")
        #expect(try invocation().value(Settings.url) == "http://127.0.0.1:8080")
    }

    @Test func `the page for operators is there unless a flag, a variable or the file says no`() throws {
        func isServed(
            _ flags: [String] = [], environment: [String: String] = [:], file: String? = nil
        ) throws -> Bool {
            try Invocation(
                line: ParsedLine.parse(["router"] + flags, root: RootCommand.self),
                output: CapturedOutput().output(json: false), environment: environment,
                configuration: file.map { try ConfigurationFile.read($0, path: "wasmesh.json") } ?? .empty,
                directory: "/nonexistent", development: nil
            ).value(Settings.ui)
        }
        #expect(try isServed())
        #expect(try !isServed(["--no-ui"]))
        #expect(try !isServed(environment: ["WASMESH_UI": "false"]))
        #expect(try !isServed(file: #"{"router": {"ui": false}}"#))
        #expect(try isServed(environment: ["WASMESH_UI": "true"], file: #"{"router": {"ui": false}}"#))
        #expect(try !isServed(["--no-ui"], environment: ["WASMESH_UI": "true"]))
        #expect(throws: CommandFailure.self) { try isServed(["--no-ui=false"]) }
        #expect(throws: CommandFailure.self) { try isServed(file: #"{"router": {"ui": "no"}}"#) }
    }

    @Test func `a mistyped variable is told, one that only begins alike isn't`() async {
        let near = await ProgramRun(["version"], environment: ["WASMESH_KAFAK": "k:1", "WASMESH_POSTGRES_URL": "p"])
        #expect(near.exit == .success)
        #expect(
            near.error == """
                warning: the environment variable WASMESH_KAFAK isn't read; did you mean 'WASMESH_KAFKA'?
                warning: the environment variable WASMESH_POSTGRES_URL isn't read; did you mean 'WASMESH_POSTGRES'?

                """)
        // What Kubernetes sets for services of such names.
        let others = [
            "WASMESH_ROUTER_PORT", "WASMESH_ROUTER_SERVICE_HOST", "WASMESH_PORT_80_TCP", "WASMESH_SERVICE_PORT",
        ]
        let far = await ProgramRun(
            ["version"], environment: Dictionary(uniqueKeysWithValues: others.map { ($0, "tcp://10.0.0.1:80") }))
        #expect(far.error == "")
    }

    @Test(arguments: [
        ("ftp://ann:hunter2@here", "expected http:// or https://"),
        ("ann:hunter2@here", "expected http:// or https://"),
        ("http://here/?token=hunter2", "a router's URL has no query"),
        ("http://here/#hunter2", "a router's URL has no query"),
        ("http://ann:hunter2@", "the host is missing"), ("http://", "the host is missing"),
        ("http://ann:hunter2/x@here", "the port isn't a number"), ("http://here:0", "the port isn't a number"),
        ("http://[::1]x:80", "the port isn't a number"), ("http://ann:@hunter2@here", "there is more than one @"),
    ])
    func `a router's URL that can't be meant is refused at once, without what may be a password`(
        _ url: String, _ expected: String
    ) async {
        let run = await ProgramRun(["services", "--url", url])
        #expect(run.exit == .usage && run.error.contains("--url: \(expected)"), "\(run.error)")
        #expect(!run.error.contains("hunter2"))
    }

    @Test(arguments: [
        "http://here", "https://here:8443/mesh/", "http://[::1]:8080", "http://[::1]", "http://ann:hunt%40er2@here:80",
    ])
    func `a router's URL may have a port, a path, a user and a password`(_ url: String) throws {
        #expect(try invocation(flags: ["--url", url]).value(Settings.url) == url)
    }

    @Test func `a wrong value in the environment names its variable`() {
        let failure = #expect(throws: CommandFailure.self) { try invocation(environment: ["WASMESH_URL": "nonsense"]) }
        #expect(failure?.message == "WASMESH_URL: expected http:// or https://, found 'nonsense'")
        #expect(failure?.exit == .usage)
    }

    @Test func `a setting without a value says how to give one`() throws {
        let failure = #expect(throws: CommandFailure.self) { try invocation().value(Settings.postgres) }
        #expect(
            failure?.message
                == "the Postgres database of the mesh is not set: give --postgres, or WASMESH_POSTGRES, or postgres.url in wasmesh.json"
        )
    }

    struct Refused: Sendable, CustomTestStringConvertible {
        let text: String
        let message: String
        var testDescription: String { text }
    }

    @Test(arguments: [
        Refused(
            text: "{\n  \"ruoter\": {}\n}",
            message: "wasmesh.json:2:3: error: unknown key 'ruoter'; did you mean 'router'?"),
        Refused(
            text: #"{"router": {"prot": 1}}"#,
            message: "wasmesh.json:1:13: error: unknown key 'router.prot'; did you mean 'port'?"),
        Refused(
            text: #"{"router": {"port": "x"}}"#,
            message: "wasmesh.json:1:13: error: 'router.port': expected a whole number, found 'x'"),
        Refused(
            text: #"{"router": {"port": 70000}}"#,
            message: "wasmesh.json:1:13: error: 'router.port': expected 0 to 65535, found 70000"),
        Refused(
            text: #"{"router": {"port": "8080"}}"#,
            message: #"wasmesh.json:1:13: error: 'router.port': expected a whole number, found the text "8080""#),
        Refused(
            text: #"{"worker": {"threads": "2"}}"#,
            message: #"wasmesh.json:1:13: error: 'worker.threads': expected a whole number, found the text "2""#),
        Refused(
            text: #"{"kafka": {"partitions": "16"}}"#,
            message: #"wasmesh.json:1:12: error: 'kafka.partitions': expected a whole number, found the text "16""#),
        Refused(
            text: #"{"worker": {"pool": 5}}"#,
            message: "wasmesh.json:1:13: error: 'worker.pool': expected a text, found 5"),
        Refused(
            text: #"{"router": {"host": true}}"#,
            message: "wasmesh.json:1:13: error: 'router.host': expected a text, found true"),
        Refused(text: #"{"$schema": 1}"#, message: "wasmesh.json:1:2: error: '$schema': expected a text"),
        Refused(text: #"{"router": 1}"#, message: "wasmesh.json:1:2: error: 'router' is a section: expected an object"),
        Refused(
            text: #"{"router": {"port": [1]}}"#, message: "wasmesh.json:1:13: error: 'router.port' takes a single value"
        ),
        Refused(
            text: #"{"kafka": {"properties": "a=b"}}"#,
            message: "wasmesh.json:1:12: error: 'kafka.properties': expected an object"),
        Refused(
            text: #"{"kafka": {"properties": {"a": ["b"]}}}"#,
            message: "wasmesh.json:1:12: error: 'kafka.properties': 'a' takes a single value"),
        Refused(
            text: #"{"worker": {"pool": "my pool"}}"#,
            message:
                "wasmesh.json:1:13: error: 'worker.pool': a pool has letters, digits, - and _, at most 64, found 'my pool'"
        ),
        Refused(
            text: #"{"config": {"currency": "EUR", "shop.Orders": {"a": {}}, "payment": {"url": "x"}}}"#,
            message:
                "wasmesh.json:1:2: error: 'config': 'payment' is an object, as only a service's values are, and no service (shop.Orders)"
        ),
        Refused(text: #"{"config": "EUR"}"#, message: "wasmesh.json:1:2: error: 'config': expected an object"),
        Refused(
            text: #"{"router": {"bodyLimit": 8000000}}"#,
            message: "wasmesh.json:1:13: error: 'router.bodyLimit': expected 1024 to 4000000, found 8000000"),
        Refused(text: #"{"drain": "1s", "drain": "2s"}"#, message: "wasmesh.json:1:17: error: 'drain' is given twice"),
        Refused(text: "[]", message: "wasmesh.json:1:1: error: expected an object of settings"),
        Refused(
            text: "{", message: "wasmesh.json:1:2: error: expected a name in double quotes before the end of the file"),
        Refused(text: "{}\n{}", message: "wasmesh.json:2:1: error: text after the end of the value"),
        Refused(text: "", message: "wasmesh.json:1:1: error: expected a value before the end of the file"),
    ])
    func `a wrong file is refused with the place`(_ refused: Refused) {
        let failure = #expect(throws: CommandFailure.self) {
            try ConfigurationFile.read(refused.text, path: "wasmesh.json")
        }
        #expect(failure?.message == refused.message)
        #expect(failure?.exit == .usage)
    }

    @Test func `each setting is written in the file in its own type, and as text elsewhere`() throws {
        let file = try ConfigurationFile.read(
            #"{"router": {"port": 8081, "host": "::1"}, "worker": {"threads": 2}, "drain": "5s"}"#, path: "wasmesh.json"
        )
        #expect(file.entry("router.port")?.text == "8081")
        let line = try ParsedLine.parse(["dev", "--threads", "3"], root: RootCommand.self)
        let invocation = try Invocation(
            line: line, output: CapturedOutput().output(json: false), environment: ["WASMESH_PORT": "9000"],
            configuration: file, directory: "/nonexistent", development: nil)
        #expect(try invocation.value(Settings.port) == 9000)
        #expect(invocation.optional(Settings.threads) == 3)
    }

    @Test func `all wrong keys of a file are reported at once`() {
        let failure = #expect(throws: CommandFailure.self) {
            try ConfigurationFile.read("{\"a1\": 1,\n\"drain\": \"soon\"}", path: "w.json")
        }
        #expect(failure?.message.split(separator: "\n").count == 2)
    }

    @Test func `every setting of the file is in the documentation with its variable`() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("docs/configuration.md")
        let page = try String(contentsOf: path, encoding: .utf8)
        for setting in Settings.all {
            #expect(page.contains("`\(setting.key ?? "")`"), "\(setting.name)")
            #expect(page.contains("`\(setting.environment ?? "")`"), "\(setting.name)")
            #expect(page.contains("`--\(setting.name)`"), "\(setting.name)")
        }
    }

    @Test(
        arguments: ["500ms": 500, "2s": 2000, "1.5s": 1500, "2m": 120_000, "1h": 3_600_000, "3d": 259_200_000]
            as [String: Int64])
    func `durations are read`(_ text: String, _ milliseconds: Int64) {
        #expect(Duration.parse(text)?.milliseconds == milliseconds)
    }

    @Test(arguments: ["", "5", "s", "-1s", "1w", "1 s", "1e3s", "nan", "99999999999999s"])
    func `what isn't a duration is refused`(_ text: String) { #expect(Duration.parse(text) == nil) }
}
