import MeshCore
import Testing

@Suite struct CallRateTests {
    @Test(arguments: ["1/s", "600/m", "1000/h", "1000000/d"])
    func `a rate is written as it is read`(_ text: String) throws {
        #expect(try CallRate(text).description == text)
    }

    @Test(arguments: [
        "", "10", "10/", "/s", "0/s", "-1/s", "1.5/s", "1000001/d", "10/sec", "10/s/s", "٣/s", " 1/s",
        "99999999999999999999/s",
    ])
    func `what isn't one is refused with how it is written`(_ text: String) {
        let error = #expect(throws: MeshError.self) { try CallRate(text) }
        #expect(error?.message.contains("10/s") == true && error?.code == .invalidRequest)
    }
}
