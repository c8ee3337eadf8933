import Foundation
import TestSupport
import Testing

/// The page for operators in a real browser, on a running `wasmesh dev` of the order desk.
///
/// The operator is `Tests/Clients/page.py`: Playwright, which `Scripts/clients` fetches, and Debian's Chromium.
@Suite struct PageTests {
    private static let packages = TestEnvironment.checkout + "/.native/clients"
    private static let canRun =
        FileManager.default.fileExists(atPath: packages + "/playwright")
        && FileManager.default.isExecutableFile(atPath: "/usr/bin/chromium-headless-shell")

    @Test(.enabled(if: canRun, "Scripts/clients installs Playwright and chromium-headless-shell"))
    func `an operator logs in, reads a timeline, cancels, redrives, and no payload becomes more than text`()
        async throws
    {
        let mesh = try await OrderDesk().mesh()
        for number in 1...3 {
            let data = #"{"item": "kite-page-\#(number)", "amount": "2000"}"#
            let started = try await mesh.wasmesh(
                "workflows", "start", "desk.Orders/place", data, "--id", "page-\(number)")
            #expect(started.exit == 0, "\(started)")
        }
        let payload =
            #"{"item": "page-lamp", "order": "<img src=x onerror=window.harm=1><script>window.harm=1</script>", "colour": 12345678901234567890}"#
        for _ in 1...3 {
            _ = try await mesh.sql("select mesh.send('desk.Warehouse/reserve', 'page-lamp', '\(payload)')")
        }
        try await eventually("the orders to wait and the letters to be dead", within: .seconds(60)) {
            try await mesh.sql(
                """
                select (select count(*) from mesh.workflow where id like 'page-%' and waiting_for like 'signal approve%')
                    + (select count(*) from mesh.dead_letter where key = 'page-lamp')
                """) == "6"
        }
        let token = try String(contentsOfFile: mesh.directory + "/.wasmesh/dev/token", encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let shown = try await mesh.wasmesh("workflows", "show", "desk.Orders", "page-1")
        let operators = try await Wasmesh.run(
            ["python3", TestEnvironment.checkout + "/Tests/Clients/page.py", mesh.router, token], in: mesh.directory,
            environment: ["PYTHONPATH": Self.packages], within: .seconds(240), executable: "/usr/bin/env")
        #expect(operators.exit == 0, "\(operators)")
        try compare(operators.out, with: shown.out)
        let reasons = "select string_agg(details->>'reason', ', ' order by id) from mesh.fact where details ? 'reason'"
        #expect(try await mesh.sql(reasons) == "the customer <b>called</b>, only a test")
        #expect(
            try await mesh.sql("select count(*) from mesh.fact where action = 'redrive' and actor = 'dev'") == "2")
    }

    /// The page and the command line read a journal alike.
    private func compare(_ found: String, with shown: String) throws {
        let report = try #require(try JSONSerialization.jsonObject(with: Data(found.utf8)) as? [String: Any])
        let rows = try #require(report["rows"] as? [[Any]])
        let lines = shown.split(separator: "\n").filter { $0.drop { $0 == " " }.first?.isNumber == true }
        #expect(rows.count == lines.count && rows.count > 4, "\(rows)\n\(shown)")
        for (row, line) in zip(rows, lines) {
            let (entry, title) = ("\(row[0])", "\(row[1])")
            #expect(line.drop { $0 == " " }.hasPrefix(entry + "  " + title.prefix(30)), "\(row)\n\(line)")
            #expect(("\(row[2])" == "open") == line.contains("waits"), "\(row)\n\(line)")
        }
    }
}
