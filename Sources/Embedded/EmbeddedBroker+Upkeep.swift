internal import Foundation
internal import MeshCore

extension EmbeddedBroker {
    /// Looks after it until cancelled: starts it again when it has ended by itself, or has grown too large to be quick.
    package func keepUp() async { await keepUp(BrokerUpkeep()) }

    func keepUp(_ rules: BrokerUpkeep, every pause: Duration = .seconds(1)) async {
        let log = Log("broker")
        var rules = rules
        while (try? await Task.sleep(for: pause)) != nil {
            switch rules.reason(memory: residentBytes, now: .now) {
            case nil: continue
            case .ended: log.warning("the broker has ended; starting it again, empty. \(Folders.tail(of: self.log))")
            case .grown(let bytes):
                log.info("the broker holds \(bytes >> 20) MB and would become slow; starting an empty one")
            }
            do throws(EmbeddedError) {
                try await restart()
                rules.started(at: .now)
            } catch {
                log.error("the broker doesn't start: \(error)")
                try? await Task.sleep(for: .seconds(5))
            }
        }
    }

    /// Resident memory, from /proc/PID/statm (proc(5)), 0 where that can't be read; nil where it doesn't run.
    private var residentBytes: Int? {
        guard isRunning, let pid else { return nil }
        let fields = (try? String(contentsOfFile: "/proc/\(pid)/statm", encoding: .utf8))?.split(separator: " ") ?? []
        return fields.count > 1 ? Int(fields[1]).map { $0 * 4096 } ?? 0 : 0
    }
}
