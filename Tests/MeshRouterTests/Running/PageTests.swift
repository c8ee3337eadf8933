import Foundation
import HTTPServer
import TestSupport
import Testing

@testable import MeshRouter

/// The page for operators, as the router serves it; `Tests/EndToEndTests/PageTests.swift` runs it in a browser.
@Suite struct PageTests {
    private static let folder = TestEnvironment.checkout + "/Sources/MeshRouter/Page/Files/"

    @Test func `the page's files are those that lie in its folder`() throws {
        let found = try #require(FileManager.default.enumerator(atPath: Self.folder)).compactMap { $0 as? String }
            .filter { $0.contains(".") }
        let served = PageFile.all.map { $0.path.isEmpty ? "index.html" : $0.path }
        #expect(served.sorted() == found.sorted())
        for file in PageFile.all {
            let path = Self.folder + (file.path.isEmpty ? "index.html" : file.path)
            #expect(FileManager.default.contents(atPath: path) == Data(file.content), "\(path)")
        }
    }

    @Test func `whatever the page and its modules ask for is served`() throws {
        let served = Set(PageFile.all.map(\.path))
        let page = try #require(PageFile.all.first { $0.path.isEmpty })
        let asked = String(decoding: page.content, as: UTF8.self).matches(of: /(?:href|src)="([^"]+)"/)
        #expect(asked.count > 3)
        for match in asked { #expect(served.contains(String(match.output.1))) }
        for file in PageFile.all where file.path.hasSuffix(".js") {
            for match in String(decoding: file.content, as: UTF8.self).matches(of: /from "([^"]+)"/) {
                let place = URL(fileURLWithPath: "/" + file.path).deletingLastPathComponent()
                    .appendingPathComponent(String(match.output.1)).standardized.path
                #expect(served.contains(String(place.dropFirst())), "\(file.path) imports \(match.output.1)")
            }
        }
    }

    @Test func `nothing in the page makes markup of a text, and nothing comes from elsewhere`() {
        let ways = [
            "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "DOMParser",
        ]
        for file in PageFile.all where !file.path.isEmpty {
            let code = String(decoding: file.content, as: UTF8.self).split(separator: "\n").filter {
                !$0.drop { $0 == " " }.hasPrefix("//")
            }.joined(separator: "\n")
            if file.path != "core/dom.js" {
                for way in ["createElement", "setAttribute"] { #expect(!code.contains(way), "\(file.path) has \(way)") }
            }
            for way in ways { #expect(!code.contains(way), "\(file.path) has \(way)") }
            let elsewhere = code.matches(of: /https?:\/\/[a-z0-9.]+/).map { String($0.output) }
                .filter { $0 != "http://www.w3.org" && $0 != "https://api.example.com" }
            #expect(elsewhere.isEmpty, "\(file.path): \(elsewhere)")
        }
    }

    @Test func `the page needs no token, is told strictly what it may do, and is fetched once`() async throws {
        try await withRouter(schemas: [], waitsUntilReady: false) { mesh in
            // What others wrote is served beside it.
            for path in ["/api/v1/services", "/healthz", "/readyz", "/metrics", "/nothing"] {
                #expect(try await mesh.get(path).headers["X-Content-Type-Options"] == "nosniff", "\(path)")
            }
            for file in PageFile.all {
                let answer = try await mesh.get("/ui/" + file.path)
                #expect(answer.status == 200 && answer.body == file.content, "\(file.path)")
                #expect(answer.headers["Content-Type"] == file.type)
                #expect(answer.headers["X-Content-Type-Options"] == "nosniff")
                #expect(answer.headers["Referrer-Policy"] == "no-referrer")
                #expect(answer.headers["Cache-Control"] == "no-cache")
                let policy = try #require(answer.headers["Content-Security-Policy"])
                for part in [
                    "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'",
                    "img-src 'self' data:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
                ] {
                    #expect(policy.contains(part))
                }
                #expect(!policy.contains("unsafe"))
                let tag = try #require(answer.headers["ETag"])
                for known in [tag, "\"other\", W/\(tag)", "*"] {
                    let again = try await mesh.client.request(
                        "GET", mesh.url + "/ui/" + file.path, headers: ["If-None-Match": known])
                    #expect(again.status == 304 && again.body.isEmpty && again.headers["ETag"] == tag)
                }
                let other = try await mesh.client.request(
                    "GET", mesh.url + "/ui/" + file.path, headers: ["If-None-Match": "\"other\""])
                #expect(other.status == 200)
            }
        }
    }

    @Test func `only files of the table are served, only to who reads, and browsers find the page`() async throws {
        try await withRouter(schemas: [], waitsUntilReady: false) { mesh in
            for path in [
                "nothing.js", "index.html", "core", "core/", "core/nothing.js", "..%2f..%2fetc%2fpasswd",
                "%2e%2e/Package.swift", "core%2Fdom.js", "app.js/x", "app.js%00",
            ] {
                let answer = try await mesh.get("/ui/" + path)
                #expect([400, 404].contains(answer.status), "\(path): \(answer.status)")
            }
            let head = try await mesh.client.request("HEAD", mesh.url + "/ui/")
            #expect(head.status == 200 && head.body.isEmpty && head.headers["ETag"] != nil)
            let post = try await mesh.post("/ui/app.js", "{}")
            #expect(post.status == 405 && post.headers["Allow"] == "GET, HEAD")
            let bare = try await mesh.get("/ui")
            #expect(bare.status == 302 && bare.headers["Location"] == "ui/")
            let browser = try await mesh.client.request(
                "GET", mesh.url + "/", headers: ["Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"])
            #expect(browser.status == 302 && browser.headers["Location"] == "ui/")
            let program = try await mesh.get("/")
            #expect(program.status != 302)
        }
    }

    @Test func `a router without the page says so`() async throws {
        try await withRouter(schemas: [], waitsUntilReady: false, configure: { $0.servesPage = false }) { mesh in
            for path in ["/ui/", "/ui", "/ui/app.js"] {
                let answer = try await mesh.get(path)
                #expect(answer.status == 404 && answer.text.contains("--no-ui"), "\(path): \(answer.text)")
            }
            let browser = try await mesh.client.request("GET", mesh.url + "/", headers: ["Accept": "text/html"])
            #expect(browser.status != 302)
        }
    }
}
