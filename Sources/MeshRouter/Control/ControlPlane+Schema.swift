import HTTPServer
import MeshCore
import Schemas

extension ControlPlane {
    /// `GET /api/v1/services/{service}/schema`: the schema that it is deployed with, in the form that is asked for.
    func schema(_ request: HTTPRequest) throws -> RouterResponse {
        let service = try parameter("service", request)
        let form = try ControlPlane.form(request.query("form") ?? SchemaForm.sdl.rawValue)
        let table = try routing.loaded().table
        guard let route = table.service(service) else {
            throw MeshError(
                .notFound,
                "no deployed service is called '\(service.shortened)'\(ControlPlane.suggestion(service, table.services.keys.sorted())); GET /api/v1/services lists them"
            )
        }
        // Services of the package that another one has taken over are that one's.
        let text = form.render(route.deployment.servedSchema)
        return form.isJSON ? .json(text) : .text(text)
    }

    private static func form(_ name: String) throws(MeshError) -> SchemaForm {
        if let form = SchemaForm(rawValue: name) { return form }
        let names = SchemaForm.allCases.map(\.rawValue)
        throw MeshError(
            .invalidRequest,
            "form is '\(name.shortened)'\(suggestion(name, names)); there is \(names.joined(separator: ", "))")
    }

    private static func suggestion(_ name: String, _ candidates: [String]) -> String {
        Suggestion.closest(to: name, among: candidates).map { "; did you mean '\($0)'?" } ?? ""
    }
}
