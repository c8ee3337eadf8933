/// Who made a call over HTTP: the bearer of the token that came with it, as the router has checked it.
///
///     guard let principal = mesh.principal else { throw .permissionDenied("who are you?") }
///     order.placedBy = principal.name
public struct Principal: JSONCodable, Hashable, Sendable {
    /// The token's name.
    public let name: String
    /// The roles of the token, in the order in which it was given them; none of an administrator's.
    public let roles: [String]
    /// True for an administrator's token, which `@auth` takes for every role.
    public let isAdministrator: Bool

    public init(_ name: String, roles: [String] = [], isAdministrator: Bool = false) {
        self.name = name
        self.roles = roles
        self.isAdministrator = isAdministrator
    }

    /// True where `@auth(roles: [role])` would let them through.
    public func has(_ role: String) -> Bool {
        // Bytes: whether two texts are the same letters takes tables of Unicode's, which a package would have to carry.
        isAdministrator || roles.contains { $0.utf8.elementsEqual(role.utf8) }
    }

    public init(json reader: inout JSONReader) throws(MeshError) {
        var name: String?
        var roles: [String]?
        var isAdministrator: Bool?
        try reader.openObject()
        while try reader.nextMember() {
            switch reader.key {
            case "name": name = try String(json: &reader)
            case "roles": roles = try [String](json: &reader)
            case "administrator": isAdministrator = try Bool(json: &reader)
            default: try reader.skipValue()
            }
        }
        guard let name else { throw reader.missing("name") }
        self.init(name, roles: roles ?? [], isAdministrator: isAdministrator ?? false)
    }

    public func write(to json: inout JSONWriter) {
        json.openObject()
        json.member("name", name)
        json.member("roles", roles)
        if isAdministrator { json.member("administrator", isAdministrator) }
        json.closeObject()
    }
}
