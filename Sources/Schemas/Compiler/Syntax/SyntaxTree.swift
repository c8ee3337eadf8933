/// What the parser makes of a document. Every node knows its place; nothing is resolved yet.
struct DocumentSyntax {
    var documentation: String?
    /// The file-level `@mesh`, and what else stands there.
    var decorators: [DecoratorSyntax] = []
    var types: [TypeSyntax] = []
    var enums: [EnumSyntax] = []
    var services: [ServiceSyntax] = []
    /// Where the first token stands.
    var start: SourceLocation
    /// True where a definition was lost to a syntax error, so that a name that isn't found may be a consequence.
    var isIncomplete = false
}

struct NameSyntax: Hashable {
    var text: String
    var location: SourceLocation
}

struct TypeSyntax {
    var name: NameSyntax
    var documentation: String?
    var decorators: [DecoratorSyntax]
    var fields: [MemberSyntax]
    /// True where a field was lost to a syntax error.
    var isIncomplete: Bool
}

struct EnumSyntax {
    var name: NameSyntax
    var documentation: String?
    var decorators: [DecoratorSyntax]
    var values: [EnumValueSyntax]
    var isIncomplete: Bool
}

struct EnumValueSyntax {
    var name: NameSyntax
    var documentation: String?
    var decorators: [DecoratorSyntax]
}

struct ServiceSyntax {
    var name: NameSyntax
    var documentation: String?
    var decorators: [DecoratorSyntax]
    var methods: [MemberSyntax]
    var isIncomplete: Bool
}

/// A field, an argument or a method.
struct MemberSyntax {
    var name: NameSyntax
    var documentation: String?
    var decorators: [DecoratorSyntax]
    /// Nil without parentheses.
    var arguments: [MemberSyntax]?
    var type: TypeReferenceSyntax
}

struct TypeReferenceSyntax {
    indirect enum Base {
        case named(NameSyntax)
        case list(TypeReferenceSyntax)
    }

    var base: Base
    var isNullable: Bool
    var location: SourceLocation
}

struct DecoratorSyntax {
    /// Without the `@`.
    var name: String
    /// Of the `@`.
    var location: SourceLocation
    var arguments: [DecoratorArgumentSyntax]

    var shown: String { "`@\(name)`" }
}

struct DecoratorArgumentSyntax {
    /// Nil for an argument by position, as in `@min(1)`.
    var name: NameSyntax?
    var value: ValueSyntax

    var location: SourceLocation { name?.location ?? value.location }
}

struct ValueSyntax {
    indirect enum Kind {
        case string(String)
        /// Decimal digits with an optional minus.
        case integer(String)
        case float(String)
        case boolean(Bool)
        case null
        /// A bare word: `exponential`.
        case word(String)
        case list([ValueSyntax])
        case object([DecoratorArgumentSyntax])
        /// Reported by the lexer; nothing more is said about it.
        case invalid
    }

    var kind: Kind
    var location: SourceLocation

    /// What it is, with its text, for messages.
    var shown: String {
        switch kind {
        case .string(let text): "the string `\"\(text.shortened)\"`"
        case .integer(let text), .float(let text): "the number `\(text.shortened)`"
        case .boolean(let value): "`\(value)`"
        case .null: "`null`"
        case .word(let text): "the word `\(text.shortened)`"
        case .list: "a list"
        case .object: "an object"
        case .invalid: "that"
        }
    }
}
