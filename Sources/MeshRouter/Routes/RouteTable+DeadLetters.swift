import MeshCore
import Outbox
import Schemas

extension RouteTable {
    /// Refuses a payload that can't take the place of a dead letter's: it must be what the method that gave up takes, and keep the message's key.
    func check(_ payload: [UInt8], inPlaceOf letter: DeadLetter) throws(MeshError) {
        // What couldn't be read as a message is redriven with no payload; the store says so.
        guard letter.service != nil, let type = letter.type else { return }
        if type.contains("/") {
            guard let method = method(type), method.schema.kind == .call else { throw RouteTable.nothingKnows(type) }
            try method.check(arguments: payload)
            return try checkKey(letter, payload) { data throws(MeshError) in try method.key(ofArguments: data) }
        }
        let declarations = event(type)?.declarations ?? []
        if let handler = handler(of: type, for: letter) {
            try ValueShape.handledEvent(handler.event, in: handler.schema).check(payload, of: type)
        } else if letter.place.group == DeadLetter.relayGroup, let declaration = declarations.first {
            // The log didn't take it, and so all who hear it get it.
            try declaration.check(payload: payload)
        } else {
            throw RouteTable.nothingKnows(type)
        }
        guard let declaration = declarations.first else { return }
        try checkKey(letter, payload) { data throws(MeshError) in try declaration.key(ofPayload: data) }
    }

    private func handler(of event: String, for letter: DeadLetter) -> (event: EventHandler, schema: MeshSchema)? {
        guard letter.place.group != DeadLetter.relayGroup, let service = letter.service.flatMap({ self.service($0) })
        else { return nil }
        return service.schema.methods.lazy.compactMap(\.eventHandler).first { $0.event == event }.map {
            ($0, service.deployment.schema)
        }
    }

    /// Order is by the key, so the message stays where it was: another key's messages may be under way.
    private func checkKey(
        _ letter: DeadLetter, _ payload: [UInt8], _ rule: ([UInt8]) throws(MeshError) -> String?
    ) throws(MeshError) {
        guard let key = try rule(payload), let kept = letter.key, !key.hasSameBytes(as: kept) else { return }
        // A sender outside may have chosen another one than the data has, and the handler has seen both.
        if let original = letter.payload, let before = try? rule(original), before.hasSameBytes(as: key) { return }
        throw MeshError(
            .invalidRequest,
            "the payload's key is '\(key.shortened)', and the dead letter's '\(kept.shortened)': a redriven message keeps its key; discard it, and send one of the other key"
        )
    }

    private static func nothingKnows(_ type: String) -> MeshError {
        MeshError(
            .failedPrecondition,
            "'\(type.shortened)' is no method or event that a deployed service takes, so nothing says what its payload must be; deploy it first, or redrive it as it is"
        )
    }
}
