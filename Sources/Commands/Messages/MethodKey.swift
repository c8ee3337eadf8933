import MeshCore

/// Where a method's own rule finds the key of its calls.
struct MethodKey: Sendable {
    /// Names, from the arguments inwards.
    let path: [String]

    /// Nil where there is none, or the routes can't be seen (they want an admin token).
    init?(of target: String, _ client: RouterClient) async {
        guard let routes = try? await client.control("GET", "routes") else { return nil }
        let methods = routes["services"]?.elements.flatMap { $0["methods"]?.elements ?? [] } ?? []
        guard let key = methods.first(where: { $0.text("path") == "/" + target })?["key"]?.text else { return nil }
        path = key.split(separator: ".").map(String.init)
    }

    /// The key that the arguments have; nil where they have none.
    func text(in arguments: JSONNode) -> String? {
        path.reduce(arguments as JSONNode?) { $0?[$1] }?.text
    }

    /// Refuses a key that a method's rule would go before: the call would be for another one than the command line says.
    static func check(
        _ key: String?, of target: String, _ data: [UInt8], _ client: RouterClient
    ) async throws(CommandFailure) {
        guard let key, let arguments = try? JSONReader.read(String(decoding: data, as: UTF8.self)),
            let rule = await MethodKey(of: target, client), let ruled = rule.text(in: arguments),
            !ruled.utf8.elementsEqual(key.utf8)
        else { return }
        throw .usage(
            "\(target) is for the key '\(ruled)' by its arguments (\(rule.path.joined(separator: "."))), and --key says '\(key)'",
            hint: "leave --key out, or change the arguments")
    }
}
