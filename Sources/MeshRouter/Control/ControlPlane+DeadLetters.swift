import HTTPServer
import MeshCore
import Outbox

extension ControlPlane {
    /// `GET /api/v1/dead-letters`: newest first, open ones unless `status` says otherwise.
    func deadLetters(_ request: HTTPRequest) async throws -> RouterResponse {
        var filter = DeadLetterFilter()
        filter.limit = try limit(of: request)
        filter.service = request.query("service")
        filter.method = request.query("method")
        filter.key = request.query("key")
        filter.errorCode = request.query("code")
        if let text = request.query("status") {
            filter.status = DeadLetter.Status(rawValue: text)
            if filter.status == nil, text != "all" {
                throw MeshError(
                    .invalidRequest, "status is '\(text.shortened)': it is open, redriven, discarded, or all")
            }
        }
        filter.before = try before(of: request)
        let letters = try await stores.deadLetters.list(filter)
        let body = JSONWriter.object { writer in
            writer.member("dead_letters") { writer in writer.array(letters) { $1.write(to: &$0) } }
        }
        return .json(body + "\n")
    }

    /// `GET /api/v1/dead-letters/{id}`: one, with payload and headers.
    func deadLetter(_ request: HTTPRequest) async throws -> RouterResponse {
        let id = try number("id", request)
        guard let letter = try await stores.deadLetters.show(id) else { throw ControlPlane.noDeadLetter(id) }
        var writer = JSONWriter()
        letter.write(to: &writer, isWhole: true)
        return .json(writer.text + "\n")
    }

    /// `POST /api/v1/dead-letters/{id}/redrive`: as it is, or with the body as its payload.
    func redrive(_ request: HTTPRequest, _ actor: String) async throws -> RouterResponse {
        let id = try number("id", request)
        let payload = request.body
        guard !payload.isEmpty else {
            return try ControlPlane.answer(id, "redriven", try await stores.deadLetters.redrive([id], by: actor))
        }
        // Many clients send that where there is nothing to say, and it may fit the method all the same.
        guard !payload.elementsEqual("{}".utf8) else {
            throw MeshError(
                .invalidRequest,
                "{} may mean a payload without fields, or nothing to say: send no body to redrive the dead letter as it is, or such a payload as { }"
            )
        }
        guard let letter = try await stores.deadLetters.show(id) else { throw ControlPlane.noDeadLetter(id) }
        try routing.current.table.check(payload, inPlaceOf: letter)
        let outcome = try await stores.deadLetters.redrive(id, replacing: payload, by: actor)
        return try ControlPlane.answer(id, "redriven", outcome, payload: SHA256.hex(payload))
    }

    /// `POST /api/v1/dead-letters/{id}/discard`: the reason stands in the query or in the body.
    func discard(_ request: HTTPRequest, _ actor: String) async throws -> RouterResponse {
        let id = try number("id", request)
        let members = try OrderBody(request.body, allowed: ["reason"])
        let inQuery = request.query("reason")
        if let inQuery, let inBody = members.reason, inQuery != inBody {
            throw MeshError(.invalidRequest, "the query has one reason and the body another; give one")
        }
        let reason = inQuery ?? members.reason
        let outcome = try await stores.deadLetters.discard([id], by: actor, reason: reason)
        return try ControlPlane.answer(id, "discarded", outcome)
    }

    private static func answer(
        _ id: Int64, _ status: String, _ outcome: DeadLetterOutcome, payload: String? = nil
    ) throws(MeshError) -> RouterResponse {
        guard outcome.done.contains(id) else {
            let reason = outcome.refused[id] ?? "there is no dead letter \(id)"
            if reason.hasPrefix("there is no") { throw MeshError(.notFound, reason) }
            throw MeshError(.failedPrecondition, "dead letter \(id) can't be \(status): \(reason)")
        }
        return .json(
            JSONWriter.object { writer in
                writer.member("id", String(id))
                writer.member("status", status)
                if let payload { writer.member("payloadSHA256", payload) }
            } + "\n")
    }

    private static func noDeadLetter(_ id: Int64) -> MeshError { MeshError(.notFound, "there is no dead letter \(id)") }
}

extension DeadLetter {
    func write(to writer: inout JSONWriter, isWhole: Bool = false) {
        writer.object { writer in
            writer.member("id", String(id))
            writer.member("status", status.rawValue)
            writer.member("service", service)
            writer.member("method", method)
            writer.member("type", type)
            writer.member("key", key)
            writer.member("messageId", messageID)
            writer.member("source", source)
            writer.member("attempts", attempts)
            writer.member("error") { writer in
                writer.object { writer in
                    writer.member("code", errorCode)
                    writer.member("message", errorMessage)
                    writer.member("details", json: errorDetails)
                }
            }
            writer.member("digest", digest)
            writer.member("failedAt", failedAt.iso8601)
            writer.member("resolvedAt", resolvedAt?.iso8601)
            writer.member("resolvedBy", resolvedBy)
            writer.member("topic", place.topic)
            writer.member("partition", place.partition)
            writer.member("offset", offset)
            if isWhole { writePayload(to: &writer) }
        }
    }

    /// JSON as it is; what isn't JSON as text; what isn't text in base64.
    private func writePayload(to writer: inout JSONWriter) {
        if let payload {
            if (try? JSONCursor.check(payload)) != nil {
                writer.member("payload", json: String(decoding: payload, as: UTF8.self))
            } else if let text = String(validating: payload, as: UTF8.self) {
                writer.member("payloadText", text)
            } else {
                writer.member("payloadBase64", Outbox.Base64.encode(payload))
            }
        } else {
            writer.member("payload", json: nil)
        }
        writer.member("headers") { writer in writer.object { writeHeaders(to: &$0) } }
    }

    /// In their order; one that stands more than once, as Kafka allows, has its values in a list: a member may stand once.
    private func writeHeaders(to writer: inout JSONWriter) {
        let byName = Dictionary(grouping: headers) { ExactText($0.name) }
        var written: Set<ExactText> = []
        for header in headers where written.insert(ExactText(header.name)).inserted {
            let values = (byName[ExactText(header.name)] ?? []).map { String(decoding: $0.value, as: UTF8.self) }
            if values.count == 1 {
                writer.member(header.name, values[0])
            } else {
                writer.member(header.name, values)
            }
        }
    }
}
