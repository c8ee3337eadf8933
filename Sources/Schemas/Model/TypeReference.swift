/// A use of a type: what it is, and whether null may stand there.
package struct TypeReference: Sendable, Hashable, CustomStringConvertible {
    package indirect enum Base: Sendable, Hashable {
        case scalar(Scalar)
        /// An object type of the same schema, by name.
        case object(String)
        /// An enum of the same schema, by name.
        case enumeration(String)
        case list(TypeReference)
    }

    package var base: Base
    /// True without `!`: the value may be null and, as a field or an argument, absent.
    package var isNullable: Bool

    package init(_ base: Base, isNullable: Bool = false) {
        self.base = base
        self.isNullable = isNullable
    }

    /// As written in the schema language: `[Item!]!`.
    package var description: String {
        let text =
            switch base {
            case .scalar(let scalar): scalar.rawValue
            case .object(let name), .enumeration(let name): name
            case .list(let element): "[\(element)]"
            }
        return isNullable ? text : text + "!"
    }
}

extension TypeReference {
    package var isVoid: Bool { base == .scalar(.void) }

    /// The name of the object type, where this is one (not a list of it).
    package var objectName: String? {
        if case .object(let name) = base { name } else { nil }
    }

    /// The element type, where this is a list.
    package var listElement: TypeReference? {
        if case .list(let element) = base { element } else { nil }
    }

    /// What is left when all lists are unwrapped.
    package var innermost: TypeReference {
        var current = self
        while case .list(let element) = current.base { current = element }
        return current
    }
}
