import Chaos
import Dispatch
import Foundation

/// `mesh-chaos`: a real mesh under real faults, and a checker that believes nobody. Ends with 1 where a promise was broken.
@main
enum MeshChaos {
    static func main() async {
        do {
            let options = try ChaosOptions(Array(CommandLine.arguments.dropFirst()))
            let sources = [SIGINT, SIGTERM].map { watch($0, options) }
            defer { for source in sources { source.cancel() } }
            if options.isSoak { return try await soak(options) }
            let report = try await ChaosRun.run(options)
            print("\n" + report.text)
            if let path = options.report { try report.text.write(toFile: path, atomically: true, encoding: .utf8) }
            if !report.violations.isEmpty || options.keeps {
                try report.text.write(toFile: report.folder + "/report.md", atomically: true, encoding: .utf8)
                try report.faultLog.write(toFile: report.folder + "/faults.txt", atomically: true, encoding: .utf8)
            }
            if !report.violations.isEmpty {
                print("the same again: mesh-chaos --seed \(options.seed); evidence: \(report.folder)")
            }
            exit(report.violations.isEmpty ? 0 : 1)
        } catch {
            FileHandle.standardError.write(Data("mesh-chaos: \(error)\n".utf8))
            exit(2)
        }
    }

    /// Tidies up and ends when told to.
    private static func watch(_ number: Int32, _ options: ChaosOptions) -> any DispatchSourceSignal {
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number)
        source.setEventHandler {
            Task {
                await ChaosRun.abandon(options)
                exit(128 + number)
            }
        }
        source.resume()
        return source
    }

    private static func soak(_ options: ChaosOptions) async throws {
        let report = try await SoakRun.run(options)
        let path = options.report ?? NSTemporaryDirectory() + "/soak.md"
        let picture = URL(fileURLWithPath: path).deletingPathExtension().appendingPathExtension("svg")
        let text = report.text(picture: picture.lastPathComponent)
        print("\n" + text)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        try report.picture.write(to: picture, atomically: true, encoding: .utf8)
        print("\(path), \(picture.path)")
        exit(report.rising.isEmpty ? 0 : 1)
    }
}
