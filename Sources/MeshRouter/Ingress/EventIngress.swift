package import HTTPServer
package import MeshCore
import Outbox

/// The endpoint of events: `POST /events`, the CloudEvents HTTP binding.
///
/// An event is known by its source and id (CloudEvents §3.1.1): one that comes again within the deduplication window is
/// answered like the first and not published a second time. That is decided in the transaction that accepts it.
package struct EventIngress: Sendable {
    let routing: RoutingHolder
    let acceptor: Acceptor
    /// The largest body, also after it was decompressed.
    let bodyBytes: Int
    /// Nil where no traces are kept.
    let tracer: Tracer?

    package init(routing: RoutingHolder, acceptor: Acceptor, bodyBytes: Int = 1 << 20, tracer: Tracer? = nil) {
        self.routing = routing
        self.acceptor = acceptor
        self.bodyBytes = bodyBytes
        self.tracer = tracer
    }

    /// Accepts all events of a request or none.
    package func answer(_ request: HTTPRequest) async -> RouterResponse {
        guard request.method == "POST" else {
            return .failure(
                MeshError(.invalidRequest, "events are sent with POST, not \(request.method.shortened)"), status: 405,
                headers: [HeaderField("Allow", "POST")])
        }
        do {
            try EventIngress.requireOnce(request.headers)
            try EventIngress.refuseDelay(request.headers)
            try CloudEventReader.requireSpoken(request.headers["Content-Type"])
            let body = try RequestBody.decoded(request.body, request.headers["Content-Encoding"], limit: bodyBytes)
            let events = try CloudEventReader.read(body: body) { request.headers[$0] }
            return response(events, try await accept(try prepare(events)))
        } catch let failure as ConnectError {
            // 501 is Connect's word for encodings: here they are a matter of HTTP alone.
            return .failure(
                failure.error, status: failure.status == 501 ? 415 : failure.status, headers: failure.headers)
        } catch let error as MeshError {
            return .failure(error)
        } catch {
            return .failure(MeshError(.internalError, "\(error)"))
        }
    }

    /// An attribute has one value. Of two, whoever guards events in front of the router might look at the other one.
    private static func requireOnce(_ headers: HTTPHeaders) throws(MeshError) {
        let repetition = headers.repetition { name in
            name.hasPrefix("ce-") || ["content-type", "content-encoding", "traceparent"].contains(name)
        }
        if let (name, count) = repetition {
            throw MeshError(.invalidRequest, "the header \(name.shortened) is given \(count) times")
        }
    }

    /// Whoever sends one means a later time, which an event doesn't have.
    private static func refuseDelay(_ headers: HTTPHeaders) throws(MeshError) {
        for name in ["Mesh-Delay-Ms", "Mesh-Due"] where headers[name] != nil {
            throw MeshError(
                .invalidRequest,
                "events are published at once; leave \(name) out, or send a method later that emits the event")
        }
    }

    private func prepare(_ events: [CloudEvent]) throws(MeshError) -> [IngressMessage] {
        let routing = try routing.loaded()
        var messages: [IngressMessage] = []
        for (index, event) in events.enumerated() {
            do {
                messages.append(try prepare(event, routing))
            } catch {
                guard events.count > 1 else { throw error }
                throw MeshError(
                    error.code, "event \(index) of the batch: \(error.message)", details: error.details,
                    retryable: error.retryable)
            }
        }
        return messages
    }

    /// Makes events durable, within spans of their traces.
    private func accept(_ prepared: [IngressMessage]) async throws(MeshError) -> [IngressOutcome] {
        if prepared.isEmpty { return [] }
        var messages = prepared
        let spans = begin(&messages)
        do throws(MeshError) {
            let outcomes = try await acceptor.accept(messages)
            for span in spans { span.end() }
            return outcomes
        } catch {
            for span in spans { span.end(error: error.message) }
            throw error
        }
    }

    /// Begins the spans of those whose traces are recorded; what handles them follows from these.
    private func begin(_ messages: inout [IngressMessage]) -> [OpenSpan] {
        guard let tracer else { return [] }
        var spans: [OpenSpan] = []
        for index in messages.indices {
            let message = messages[index].message
            let parent = message.extensions.traceparent.flatMap { TraceParent($0) }
            guard
                var span = tracer.begin(
                    "publish \(message.type)", .producer, service: MeshRouter.spanService, parent: parent)
            else { continue }
            span.set("messaging.message.id", message.id)
            span.set("messaging.destination.name", message.type)
            span.set("messaging.kafka.message.key", message.key)
            messages[index].message.extensions.traceparent = span.traceparent
            spans.append(span)
        }
        return spans
    }

    private func prepare(_ event: CloudEvent, _ routing: Routing) throws(MeshError) -> IngressMessage {
        guard let route = routing.table.event(event.type), let declaration = route.declarations.first else {
            throw MeshError(
                .notFound,
                "no deployed service declares the event '\(event.type.shortened)'; GET /api/v1/routes lists the events")
        }
        try declaration.check(payload: event.data)
        let key = try declaration.key(ofPayload: event.data) ?? event.subject ?? event.id
        let message = Message(
            id: event.id, type: event.type, source: event.source, time: event.time, key: key, data: event.data,
            extensions: MessageExtensions(traceparent: event.traceparent))
        return IngressMessage(
            topic: route.topic, partition: try routing.partition(of: key, topic: route.topic), message: message,
            idempotency: Idempotency(
                scope: "event " + event.source, key: event.id,
                bodyHash: SHA256.digest(Array(event.type.utf8) + [0] + event.data)))
    }

    private func response(_ events: [CloudEvent], _ outcomes: [IngressOutcome]) -> RouterResponse {
        var accepted = 0
        var repeated = 0
        var conflicts: [String] = []
        for (event, outcome) in zip(events, outcomes) {
            switch outcome {
            case .accepted, .delayed: accepted += 1
            case .repeated: repeated += 1
            case .conflict: conflicts.append(event.id)
            }
        }
        let counts = JSONWriter.object { writer in
            writer.member("accepted", accepted)
            writer.member("repeated", repeated)
            if !conflicts.isEmpty { writer.member("conflicts", conflicts) }
        }
        guard let first = conflicts.first else { return .json(counts + "\n", status: 202) }
        return .failure(
            MeshError(
                .conflict,
                "\(conflicts.count) of \(events.count) events have a source and id that came before with other content, the first '\(first.shortened)'; the others were accepted",
                details: counts))
    }
}
