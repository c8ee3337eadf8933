import HTTPServer
import MeshCore
import Schemas
import TestSupport
import Testing

@testable import MeshRouter

/// `GET /api/v1/services/{service}/schema`.
@Suite struct SchemaControlTests {
    @Test func `a deployed schema is rendered in each form, for administrators`() async throws {
        let schema = try Shop.compile(Shop.orders)
        try await withRouter { mesh in
            for form in SchemaForm.allCases {
                let answer = try await mesh.control("GET", "services/shop.Orders/schema?form=\(form.rawValue)")
                #expect(answer.status == 200 && answer.text == form.render(schema), "\(form): \(answer.text)")
                #expect(
                    answer.headers["Content-Type"] == (form.isJSON ? "application/json" : "text/plain; charset=utf-8"))
            }
            let sdl = try await mesh.control("GET", "services/shop.Orders/schema")
            #expect(sdl.text == SDLRenderer.render(schema))
            #expect(try await mesh.get("/api/v1/services/shop.Orders/schema").status == 401)
        }
    }

    @Test func `an unknown service or form is refused with what was probably meant`() async throws {
        try await withRouter { mesh in
            let service = try await mesh.control("GET", "services/shop.Order/schema")
            #expect(service.status == 404 && service.member("code") == "NOT_FOUND")
            #expect(service.member("message")?.contains("did you mean 'shop.Orders'?") == true, "\(service.text)")
            let form = try await mesh.control("GET", "services/shop.Orders/schema?form=openApi3")
            #expect(form.status == 400 && form.member("code") == "INVALID_REQUEST")
            #expect(form.member("message")?.contains("did you mean 'openapi'?") == true, "\(form.text)")
            #expect(
                form.member("message")?.hasSuffix("there is sdl, json-schema, openapi, asyncapi, typescript") == true)
        }
    }

    @Test func `of a package's services those that another one has taken over aren't there`() async throws {
        let first = """
            @mesh(namespace: "shop", version: "1.0.0")
            service Things { make: Void }
            service Beside { look: Void }
            """
        try await withRouter(schemas: []) { mesh in
            #expect(try await mesh.control("POST", "deployments", body: try TextPackage.make(first)).status == 201)
            let second = "@mesh(namespace: \"shop\", version: \"1.1.0\") service Things { make: Void  more: Void }"
            #expect(try await mesh.control("POST", "deployments", body: try TextPackage.make(second)).status == 201)
            let things = try await mesh.control("GET", "services/shop.Things/schema?form=openapi")
            #expect(things.text.contains("/shop.Things/more") && !things.text.contains("Beside"), "\(things.text)")
            let beside = try await mesh.control("GET", "services/shop.Beside/schema?form=typescript")
            #expect(beside.text.contains("class Beside") && !beside.text.contains("class Things"), "\(beside.text)")
        }
    }

    @Test(arguments: ErrorCode.allCases)
    func `the TypeScript client knows the Connect code and the status of each of the mesh's codes`(code: ErrorCode)
        throws
    {
        let connect = ConnectCode(code)
        let module = SchemaForm.typeScript.render(try Shop.compile(Shop.orders))
        #expect(module.contains("\(code.rawValue): [\"\(connect.rawValue)\", \(connect.httpStatus)],"))
    }
}
