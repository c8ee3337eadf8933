/// What a service may do beyond its own state and messages, as `mesh.capability_grant` has it.
package enum Capability: Sendable, Hashable, CustomStringConvertible {
    /// `http:https://api.example.com/v1/`: its workflows may call what lies there.
    case http(OutsidePlace)
    /// `secret:stripe-key@https://api.example.com/`: a secret may be put into headers of calls to what lies there.
    case secret(String, OutsidePlace)

    /// Reads one; the error says what is wrong with it.
    package init(_ text: String) throws(MeshError) {
        let kind = text.prefix { $0 != ":" }
        let rest = String(text.dropFirst(kind.count + 1))
        do throws(OutsideURL.Problem) {
            switch kind {
            case "http": self = .http(try OutsidePlace(rest))
            case "secret":
                let name = String(rest.prefix { $0 != "@" })
                guard SecretName.isValid(name) else {
                    throw OutsideURL.Problem(
                        "a secret's name has 1 to 128 letters, digits, dots, dashes and underscores")
                }
                self = .secret(name, try OutsidePlace(String(rest.dropFirst(name.count + 1))))
            default: throw OutsideURL.Problem("it begins with neither http: nor secret:")
            }
        } catch {
            throw MeshError(
                .invalidRequest,
                "'\(String(text.prefix(200)))' is no capability: \(error). There are http:https://api.example.com/v1/ and secret:NAME@https://api.example.com/"
            )
        }
    }

    package var description: String {
        switch self {
        case .http(let place): "http:\(place)"
        case .secret(let name, let place): "secret:\(name)@\(place)"
        }
    }
}
