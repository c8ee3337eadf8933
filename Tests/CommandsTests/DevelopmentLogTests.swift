import Commands
import Testing

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
}
