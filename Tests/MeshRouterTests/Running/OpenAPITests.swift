import Foundation
import HTTPServer
import MeshCore
import Postgres
import TestSupport
import Testing

@testable import MeshRouter

@Suite struct OpenAPITests {
    private var document: [String: Any] {
        get throws {
            try #require(try JSONSerialization.jsonObject(with: Data(OpenAPI.document.utf8)) as? [String: Any])
        }
    }

    @Test func `the document in docs is the one that is served`() throws {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("docs/openapi.json").path
        #expect(try String(contentsOfFile: path, encoding: .utf8) == OpenAPI.document)
    }

    @Test func `every operation of the document is answered by the router`() async throws {
        let document = try document
        let paths = try #require(document["paths"] as? [String: [String: Any]])
        try await withRouter(schemas: []) { mesh in
            for (path, operations) in paths where path.hasPrefix("/api/") || path.hasSuffix("z") || path == "/metrics" {
                let concrete = path.replacing("{digest}", "00000000").replacing("{service}", "no.Service").replacing(
                    "{key}", "k"
                )
                .replacing("{id}", "1").replacing("{method}", "none")
                for method in operations.keys {
                    let answer = try await mesh.client.request(
                        method.uppercased(), mesh.url + concrete, headers: ["Authorization": "Bearer " + mesh.token],
                        body: method == "get" ? nil : [])
                    // 404 only for things that aren't there, never for paths.
                    #expect(
                        answer.status != 405 && !answer.text.contains("nothing is at"),
                        "\(method) \(path): \(answer.text)")
                }
            }
        }
    }

    @Test func `the router knows the parameters of the document`() async throws {
        let paths = try #require(try document["paths"] as? [String: [String: [String: Any]]])
        try await withRouter(schemas: []) { mesh in
            var count = 0
            for (path, operations) in paths where path.hasPrefix("/api/") {
                let concrete = path.replacing("{digest}", "00000000").replacing("{service}", "no.Service")
                    .replacing("{key}", "k").replacing("{id}", "1").replacing("{method}", "none")
                for (method, operation) in operations {
                    let parameters = operation["parameters"] as? [[String: Any]] ?? []
                    for parameter in parameters where parameter["in"] as? String == "query" {
                        let name = try #require(parameter["name"] as? String)
                        let answer = try await mesh.client.request(
                            method.uppercased(), "\(mesh.url)\(concrete)?\(name)=1",
                            headers: ["Authorization": "Bearer " + mesh.token], body: method == "get" ? nil : [])
                        #expect(!answer.text.contains("isn't known here"), "\(method) \(path): \(answer.text)")
                        count += 1
                    }
                }
            }
            #expect(count > 30)
        }
    }

    @Test func `every reference in the document leads somewhere`() throws {
        let document = try document
        var references: [String] = []
        func collect(_ value: Any) {
            if let object = value as? [String: Any] {
                if let reference = object["$ref"] as? String { references.append(reference) }
                object.values.forEach(collect)
            } else if let array = value as? [Any] {
                array.forEach(collect)
            }
        }
        collect(document)
        #expect(references.count > 20)
        for reference in references {
            var value: Any? = document
            for name in reference.dropFirst(2).split(separator: "/") {
                value = (value as? [String: Any])?[String(name)]
            }
            #expect(value != nil, "\(reference)")
        }
    }
}
