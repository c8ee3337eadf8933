import Foundation
import Testing

@testable import Guests

/// Where the compiled SDK is kept.
@Suite struct SDKCache {
    @Test func `what a killed build left behind is removed in time, and what one makes now stays`() throws {
        let folder = try TemporaryFolder([:])
        for (name, age) in [("new-old", 7200.0), ("new-young", 60), ("sdk-1", 7200)] {
            let path = folder.path + "/" + name
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -age)], ofItemAtPath: path)
        }
        SDKObjects.removeOldVersions(folder.path)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["new-young", "sdk-1"])
    }
}
