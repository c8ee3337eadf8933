import MeshCore

extension MethodRoute {
    func check(arguments: [UInt8]) throws(MeshError) {}
    func key(ofArguments arguments: [UInt8]) throws(MeshError) -> String? { nil }
}

extension EventRoute.Declaration {
    func check(payload: [UInt8]) throws(MeshError) {}
    func key(ofPayload payload: [UInt8]) throws(MeshError) -> String? { nil }
}
