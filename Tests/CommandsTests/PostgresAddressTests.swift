import Commands
import Embedded
import Foundation
import TestSupport
import Testing

/// Addresses of Postgres that can't be used: what is said, and with which exit code.
@Suite struct PostgresAddressTests {
    private let kafka = ["--kafka", "127.0.0.1:1"]

    private func commands(_ postgres: String) -> [[String]] {
        [
            ["worker"] + kafka, ["relay"] + kafka, ["egress"], ["router", "--port", "0"] + kafka, ["migrate"],
            ["doctor", "--url", "http://127.0.0.1:9"],
        ].map { $0 + ["--postgres", postgres] }
    }

    @Test(arguments: [
        ("garbage=1", "libpq has no option 'garbage'"),
        ("host=here dbnam=mesh", "libpq has no option 'dbnam'; did you mean 'dbname'?"),
        ("postgresql://[", "the bracket around the host isn't closed"),
        ("postgresql://u:hunter2@[::1/mesh", "the bracket around the host isn't closed"),
        ("postgresql://here/mesh?ssl_mode=require", "libpq has no option 'ssl_mode'; did you mean 'sslmode'?"),
        ("postgresql://u:hunter2", "the port isn't a number from 1 to 65535"),
        ("postgresql://u:hun%ter2@here/mesh", "libpq can't read it; it looks like postgresql://"),
        ("host=here password=hunt er2=x", "libpq can't read it; it looks like postgresql://"),
        ("host=here port=hunter2", "the port isn't a number from 1 to 65535"),
        ("host=here sslmode=hunter2", "sslmode is none of disable, allow"), ("nonsense", "expected postgresql://…"),
    ])
    func `one that can't be meant is refused at once, without what may be a password`(
        _ postgres: String, _ expected: String
    ) async {
        for words in commands(postgres) {
            let run = await ProgramRun(words)
            #expect(run.exit == .usage, "\(words[0]): \(run.error)")
            #expect(run.error.contains("--postgres: \(expected)"), "\(words[0]): \(run.error)")
            #expect(!run.error.contains("er2"))
        }
    }

    @Test(arguments: [
        "postgresql://u:p%40ss@a:5432,b:5433/mesh?sslmode=require&application_name=x", "postgres:///mesh",
        "postgresql://u@[::1]:5432/mesh", "host=/var/run/postgresql dbname=mesh port=5432,5433", "service=mesh",
        "host=here password='two words'", "postgresql://here/mesh?password=a%26b", "postgresql://%2Ftmp/mesh?port=5432",
    ])
    func `one that libpq reads is taken`(_ postgres: String) {
        #expect(Settings.postgres.description.problem(postgres) == nil)
    }

    @Test func `a wrong password is refused in the same words everywhere, with what to do`() async throws {
        try await withPostgres { postgres in
            let url = "postgresql://postgres:hunter2@127.0.0.1:\(postgres.port)/postgres"
            for words in commands(url).dropLast() {
                let run = await ProgramRun(words)
                #expect(run.exit == .refused, "\(words[0]): \(run.error)")
                #expect(run.error.contains("password authentication failed"), "\(words[0]): \(run.error)")
                #expect(run.error.contains("check the user and the password of --postgres or WASMESH_POSTGRES"))
                #expect(run.error.components(separatedBy: "28P01").count == 2, "\(words[0]): \(run.error)")
                #expect(!run.error.contains("hunter2"))
            }
            let doctor = await ProgramRun(["doctor", "--postgres", url, "--url", "http://127.0.0.1:9"])
            #expect(doctor.out.contains("check the user and the password of --postgres or WASMESH_POSTGRES"))
        }
    }

    @Test func `a database that isn't there is refused with what to do`() async throws {
        try await withPostgres { postgres in
            for command in [["migrate"], ["relay"] + kafka] {
                let run = await ProgramRun(command + ["--postgres", postgres.url(database: "nowhere")])
                #expect(run.exit == .refused)
                #expect(run.error.contains("make the database with `createdb`"), "\(run.error)")
            }
        }
    }
}
