internal import Foundation

/// Services go out of force while they are worked with, and are deployed again some seconds later.
///
/// What asks for them meanwhile is refused, and asks again; what was accepted before, or is an event, waits. Whoever calls another one goes
/// first, so that no workflow is refused a step: that would be its end.
struct Undeploy: Sendable {
    /// The services that go together, each with those before it that call it.
    private static let groups = [
        ["bank.Followers"], ["bank.Receipts"], ["bank.Ledger"], ["bank.Tellers"], ["bank.Auditors"],
        ["bank.Sequences"], ["bank.Moves"], ["bank.Moves", "bank.Probes"], ["bank.Moves", "bank.Accounts"],
        ["bank.Sequences", "bank.Followers"],
        [
            "bank.Moves", "bank.Accounts", "bank.Receipts", "bank.Sequences", "bank.Followers", "bank.Ledger",
            "bank.Tellers", "bank.Auditors", "bank.Probes",
        ],
    ]

    /// Those that handle no events.
    private static let callees: Set = ["bank.Moves", "bank.Probes"]

    let stage: Stage
    let fault: Fault
    /// What is in force, and will be again.
    let package: String
    /// It is deployed again whatever the deploy gate finds.
    let isForced: Bool

    private var services: [String] { Undeploy.groups[Int(fault.pick % UInt64(Undeploy.groups.count))] }

    /// False where all that waits for them is calls, which are kept for them also while the broker is lost.
    var missesEvents: Bool { !services.allSatisfy(Undeploy.callees.contains) }

    /// What was done; nil where not even the first service went.
    func perform() async throws -> String? {
        var gone: [String] = []
        for service in services {
            // A caller that may be there still keeps those that it calls.
            guard try await take(service) else { break }
            gone.append(service)
        }
        if !gone.isEmpty { try? await Task.sleep(for: fault.hold) }
        let tries = try await stage.deployAtAnyRate(package, isForced ? ["--force"] : [])
        return gone.isEmpty
            ? nil : "\(gone.joined(separator: ", ")), away for \(fault.hold.text), back at try \(tries)"
    }

    /// Takes one out of force; false where nobody says that it is.
    private func take(_ service: String) async throws -> Bool {
        for _ in 0..<5 {
            if (try? await stage.undeploy(service).exit) == 0 { return true }
            // Without an answer it may be gone all the same.
            if let left = try? await Psql.rows(
                stage.database, "SELECT count(*) FROM mesh.service WHERE name = '\(service)'"),
                left.first?.first == "0"
            {
                return true
            }
            try await Task.sleep(for: .milliseconds(200))
        }
        return false
    }
}
