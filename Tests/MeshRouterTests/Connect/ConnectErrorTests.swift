import Foundation
import MeshCore
import TestSupport
import Testing

@testable import MeshRouter

@Suite struct ConnectErrorTests {
    @Test func `an error's details are read however deep a guest may nest them, and with names that look alike`() {
        // A value nested as deep as the sandbox takes it, within the error.
        for details in [
            String(repeating: "[", count: 64) + String(repeating: "]", count: 64), "{\"e\u{301}\":1,\"\u{e9}\":2}",
        ] {
            let error = MeshError(.conflict, "no", details: details, applicationCode: "OUT_OF_STOCK")
            let read = MeshErrorReader.read(Array(error.json.utf8))
            #expect(read.applicationCode == "OUT_OF_STOCK" && read.code == .conflict, "\(read.message)")
            #expect(read.details?.utf8.elementsEqual(details.utf8) == true)
        }
    }

    @Test func `a guest's own error keeps its code and details beside the Connect code`() throws {
        let error = MeshError(
            .failedPrecondition, "none of \"B-1\" left", details: #"{"sku":"B-1"}"#, retryable: true,
            timestamp: Timestamp(microseconds: 0), applicationCode: "OUT_OF_STOCK")
        let body = try object(ConnectError(error).json)
        #expect(body["code"] as? String == "failed_precondition")
        #expect(body["message"] as? String == "none of \"B-1\" left")
        let mesh = try #require(body["mesh"] as? [String: Any])
        #expect(mesh["code"] as? String == "OUT_OF_STOCK")
        #expect((mesh["details"] as? [String: String])?["sku"] == "B-1")
        #expect(mesh["retryable"] as? Bool == true)
        #expect(mesh["timestamp"] as? String == "1970-01-01T00:00:00.000000Z")
        let detail = try #require((body["details"] as? [[String: Any]])?.first)
        #expect(detail["type"] as? String == "google.rpc.ErrorInfo")
        #expect((detail["debug"] as? [String: Any])?["reason"] as? String == "OUT_OF_STOCK")
    }

    @Test func `the detail is a protobuf ErrorInfo`() {
        let info = ErrorInfo(reason: "CONFLICT", domain: "wasmesh", metadata: [("retryable", "false")])
        // Fields 1 and 2 as text, field 3 as an entry with the fields 1 and 2.
        let expected: [UInt8] =
            [0x0A, 8] + Array("CONFLICT".utf8) + [0x12, 7] + Array("wasmesh".utf8) + [0x1A, 18]
            + [0x0A, 9] + Array("retryable".utf8) + [0x12, 5] + Array("false".utf8)
        #expect(info.protobuf == expected)
    }

    @Test func `long fields have lengths of several bytes`() {
        let info = ErrorInfo(reason: String(repeating: "x", count: 300), domain: "", metadata: [])
        #expect(Array(info.protobuf.prefix(3)) == [0x0A, 0xAC, 0x02])
    }

    @Test func `base64 comes back as it went`() throws {
        var seed = Seed()
        for length in 0..<200 {
            let bytes = seed.bytes(count: length)
            let text = Base64.encodeUnpadded(bytes)
            #expect(Base64.decode(text.utf8) == bytes)
            let padded = Data(bytes).base64EncodedString()
            #expect(text == padded.filter { $0 != "=" })
            #expect(Base64.decode(padded.utf8) == bytes)
        }
        #expect(Base64.decode("a".utf8) == nil)
        #expect(Base64.decode("ab=c".utf8) == nil)
        #expect(Base64.decode("a b".utf8) == nil)
    }

    private func object(_ json: String) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    }
}
