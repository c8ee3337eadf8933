package import Schemas
import MeshCore

/// A deployed service.
package struct ServiceRoute: Sendable {
    package let schema: ServiceSchema
    package let deployment: ActiveDeployment

    package var name: String { schema.qualifiedName }
    /// Where its calls go.
    package var topic: String { Topics.calls(of: schema.qualifiedName) }
}
