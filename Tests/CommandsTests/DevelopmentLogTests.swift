import Foundation
import Testing

@testable import Commands

@Suite struct DevelopmentLogTests {
    @Test(arguments: [
        "04:35:28.681 info hello.Visits: welcome, ada", "04:35:28.681 warning worker: slow",
        "04:35:28.681 error kafka: gone",
        "Fatal error: something of a library",
    ])
    func `guests, warnings and errors are shown to the developer`(_ line: String) {
        #expect(DevelopmentLog.concernsDeveloper(line, isReady: true))
    }

    @Test(arguments: ["04:35:28.681 info worker: started", "04:35:28.681 debug relay: tick"])
    func `the mesh's own everyday lines only go to the file`(_ line: String) {
        #expect(!DevelopmentLog.concernsDeveloper(line, isReady: true))
    }

    @Test func `while it starts, parts that wait for each other are no news`() {
        #expect(!DevelopmentLog.concernsDeveloper("04:35:28.681 warning router: waiting for the topic", isReady: false))
        #expect(DevelopmentLog.concernsDeveloper("04:35:28.681 error router: no", isReady: false))
    }

    @Test func `what is shown on standard error isn't taken for a new line`() throws {
        let file = NSTemporaryDirectory() + "wasmesh-log-\(UInt64.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: file) }
        // In place of standard error, which others have here.
        let terminal = Pipe()
        let descriptor = terminal.fileHandleForWriting.fileDescriptor
        let output = Output(json: true, isTerminal: false, usesColor: false) { target, text in
            _ = text.utf8.withContiguousStorageIfAvailable {
                write(target == 1 || target == 2 ? descriptor : target, $0.baseAddress, $0.count)
            }
        }
        let screen = DevelopmentScreen(output: output, isHeadless: true)
        let log = try DevelopmentLog(file: file, output: output, standardError: descriptor) { screen.log($0) }
        let line = "04:35:28.681 error kafka: gone\n"
        _ = line.utf8.withContiguousStorageIfAvailable { write(descriptor, $0.baseAddress, $0.count) }
        output.errorLine("building …")
        log.finish()
        try terminal.fileHandleForWriting.close()
        let shown = String(decoding: terminal.fileHandleForReading.availableData, as: UTF8.self)
        #expect(shown.components(separatedBy: "error kafka: gone").count == 2, "\(shown)")
        #expect(shown.components(separatedBy: "building …").count == 2, "\(shown)")
        #expect(try String(contentsOfFile: file, encoding: .utf8) == line)
    }
}
