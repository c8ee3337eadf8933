/// An opaque identifier, the schema language's `ID`: at least one character.
public typealias ID = String
