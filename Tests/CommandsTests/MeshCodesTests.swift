import Foundation
import MeshCore
import TestSupport
import Testing

/// The test kit of the SDK gives errors the classes that the mesh gives them, and is a package of its own.
@Suite struct MeshCodesTests {
    @Test func `the test kit knows the mesh's codes and no others`() throws {
        let path = TestEnvironment.checkout + "/SDK/Swift/Sources/Mesh/Test/MeshError+Callers.swift"
        let list = try #require(
            String(contentsOfFile: path, encoding: .utf8).firstMatch(of: /meshCodes[^\[]*\[([^\]]*)\]/))
        let codes = list.output.1.matches(of: /"([A-Z_]+)"/).map { String($0.output.1) }
        #expect(Set(codes) == Set(ErrorCode.allCases.map(\.rawValue)) && Set(codes).count == codes.count)
    }
}
