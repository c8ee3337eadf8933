import Foundation
import Guests
import MeshCore

/// Build, deploy, watch, and again.
struct DeveloperLoop: Sendable {
    let project: String
    let invocation: Invocation
    let screen: DevelopmentScreen
    let addresses: DevelopmentAddresses
    let token: String

    /// Runs until cancelled; `ready` is called once the first build is deployed (or has failed, with its errors shown)
    /// and the router takes calls.
    func run(ready: @Sendable () throws -> Void) async throws {
        let builds = !invocation.has(DevCommand.noBuild) && ProjectBuild.isProject(project, settings: settings)
        let watcher = builds && !invocation.has(DevCommand.noWatch) ? try watcher() : nil
        defer { watcher?.stop() }
        var news = builds ? "" : "no project here: deploy with `wasmesh deploy FILE.wasm`"
        if builds { news = await buildAndDeploy() ?? "the last build failed" }
        try await waitForRouter()
        try ready()
        await show(news)
        guard let watcher else { return try await DeveloperLoop.untilCancelled() }
        for await changed in watcher.changes {
            screen.say("\(changed.prefix(3).joined(separator: ", ")) changed: building …")
            if let news = await buildAndDeploy(isQuick: true) { await show(news) }
        }
        try Task.checkCancellation()
    }

    private func watcher() throws(CommandFailure) -> SourceWatcher {
        try SourceWatcher(
            directory: project,
            generated: { [project, settings] in try? GuestProject.load(project, settings: settings).generatedPath },
            module: { [project, settings] in GuestProject.module(in: project, settings: settings) },
            outside: { [project, settings] in GuestProject.outside(of: project, settings: settings) })
    }

    private var settings: String? { invocation.namedConfiguration }

    /// Builds and deploys; what is new, or nil after showing the errors. The first build is that of `wasmesh build`, and often there
    /// already; the ones after a save are quick.
    private func buildAndDeploy(isQuick: Bool = false) async -> String? {
        let begin = ContinuousClock.now
        do {
            let package = try await ProjectBuild.build(project, settings: settings, isQuick: isQuick) { [screen] step in
                // Half a minute, once per toolchain: say what is happening.
                if step == .sdk { screen.say("\(step.rawValue) …") }
            }
            let client = RouterClient(url: addresses.router, token: token)
            let wasm = FileManager.default.contents(atPath: package.path) ?? Data()
            // What is here is for trying things out: a break is told, not refused. The pool is that of the workers here.
            let answer = try await client.control(
                "POST", "deployments", query: [("force", "true"), ("pool", try invocation.value(Settings.pool))],
                contentType: "application/wasm", body: Array(wasm), timeout: .seconds(60))
            for line in GateText.lines(answer["gate"]) { screen.say(line) }
            let seconds = Double((ContinuousClock.now - begin).milliseconds) / 1000
            return "\(package.name) \(package.digest.prefix(12)) deployed in \(seconds) s"
        } catch is CancellationError {
            return nil
        } catch {
            let failure = Failures.describe(error)
            screen.fail(LogText.lines(failure.message))
            if let hint = failure.hint { screen.say("  \(hint)") }
            return nil
        }
    }

    /// Waits until the router takes calls: at a restart it makes the broker's topics anew first. What holds it up for long is told, and is
    /// no reason to wait for ever.
    private func waitForRouter() async throws {
        let client = RouterClient(url: addresses.router, token: token)
        let deadline = ContinuousClock.now + .seconds(20)
        while true {
            let health = try? await client.control("GET", "health")
            if health?["ready"]?.text == "true" { return }
            if ContinuousClock.now > deadline {
                for problem in health?["problems"]?.elements ?? [] {
                    screen.fail("the router waits for \(problem.shown("part")): \(problem.shown("problem"))")
                }
                return
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private func show(_ news: String) async {
        let client = RouterClient(url: addresses.router, token: token)
        let services = try? await client.control("GET", "services")
        let hasPage = (try? invocation.value(Settings.ui)) ?? true
        screen.show(
            addresses, token: hasPage ? token : nil, services: ServicesCommand.summaries(services), routes: [],
            news: news)
    }

    private static func untilCancelled() async throws {
        while true { try await Task.sleep(for: .seconds(3600)) }
    }
}
