import MeshCore

/// `mesh.Http`, the service that the mesh itself offers to workflows: calls to the outside by HTTP.
///
/// It isn't deployed and has no topic: what a workflow asks of it is stored with the step, and an egress process makes the call.
package enum OutsideService {
    /// The one method: a request, answered with a response.
    package static let fetch = "mesh.Http/fetch"

    /// The schema that its calls are checked against; its namespace stands for `mesh`, which no document may have.
    package static let schemaText = """
        @mesh(namespace: "outside", version: "1.0.0")

        type HttpHeader { name: String! @length(min: 1, max: 256)  value: String! @length(max: 8192) }
        enum HttpMethod { GET HEAD POST PUT PATCH DELETE OPTIONS }

        "Either body or bytes, or neither."
        type HttpRequest {
          method: HttpMethod!
          url: URL!
          headers: [HttpHeader!] @length(max: 100)
          "A body that is text."
          body: String
          "A body that isn't."
          bytes: Bytes
          "How long one attempt may take; 30 seconds, and at most ten minutes."
          timeout: Duration
        }

        type HttpResponse {
          status: Int!
          headers: [HttpHeader!]!
          body: String
          bytes: Bytes
        }

        service Http {
          fetch(request: HttpRequest!): HttpResponse!
        }
        """

    /// The shape of the arguments.
    package static let arguments: ValueShape? = {
        guard let schema = SchemaCompiler.compile([SchemaSource(path: "mesh.Http", text: schemaText)]).schema,
            let method = schema.services.first?.methods.first
        else { return nil }
        return ValueShape.arguments(of: method, in: schema)
    }()

    /// A `Duration` as it stands in a request (`PT30S`); nil where it isn't one.
    package static func duration(_ text: String) -> Duration? { ISO8601.duration(Array(text.utf8)) }
}
