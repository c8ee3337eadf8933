import MeshCore
import Testing

@testable import MeshRouter

@Suite struct ConnectCodeTests {
    /// The table of docs/errors.md.
    static let table: [(ErrorCode, String, Int)] = [
        (.invalidRequest, "invalid_argument", 400), (.notFound, "not_found", 404),
        (.instanceNotFound, "not_found", 404),
        (.permissionDenied, "permission_denied", 403), (.unauthenticated, "unauthenticated", 401),
        (.resourceExhausted, "resource_exhausted", 429), (.providerUnavailable, "unavailable", 503),
        (.communicationFailure, "unavailable", 503), (.deadlineExceeded, "deadline_exceeded", 504),
        (.conflict, "aborted", 409), (.failedPrecondition, "failed_precondition", 400),
        (.internalError, "internal", 500),
    ]

    @Test(arguments: table)
    func `each code of the mesh has its Connect code and HTTP status`(code: ErrorCode, word: String, status: Int) {
        #expect(ConnectCode(code).rawValue == word)
        #expect(ConnectCode(code).httpStatus == status)
    }

    @Test func `the table has every code of the mesh`() {
        #expect(Set(Self.table.map(\.0)) == Set(ErrorCode.allCases))
    }

    /// The protocol's own table (Connect protocol, "Error codes").
    @Test(arguments: [
        ("canceled", 499), ("unknown", 500), ("invalid_argument", 400), ("deadline_exceeded", 504), ("not_found", 404),
        ("already_exists", 409), ("permission_denied", 403), ("resource_exhausted", 429), ("failed_precondition", 400),
        ("aborted", 409), ("out_of_range", 400), ("unimplemented", 501), ("internal", 500), ("unavailable", 503),
        ("data_loss", 500), ("unauthenticated", 401),
    ])
    func `statuses are those the protocol fixes`(word: String, status: Int) {
        #expect(ConnectCode(rawValue: word)?.httpStatus == status)
    }
}
