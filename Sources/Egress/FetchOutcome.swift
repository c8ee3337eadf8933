import HTTPServer
import MeshCore
import Outbox

/// What a call to the outside came to, as its workflow gets it.
enum FetchOutcome: Sendable, Equatable {
    /// The JSON of an `HttpResponse`.
    case response(String, status: Int)
    case failure(MeshError)

    /// As the answer travels: what `mesh.put` takes.
    private static let longestAnswer = 1_000_000
    /// Of a body in an error.
    private static let longestExcerpt = 2000
    /// Answers that say "later": the request wasn't taken (RFC 8470, RFC 6585). Of 408 and those from 500 on nobody can say: a proxy answers 503, too, when the
    /// server behind it went away with the request.
    private static let laterStatuses: Set<Int> = [425, 429]

    init(_ response: HTTPClient.Response, from place: String) {
        if response.status >= 500 || response.status == 408
            || FetchOutcome.laterStatuses.contains(response.status)
        {
            self = .failure(FetchOutcome.error(response, from: place))
            return
        }
        let text = FetchOutcome.json(response)
        guard text.utf8.count <= FetchOutcome.longestAnswer else {
            self = .failure(FetchOutcome.tooLarge(place))
            return
        }
        self = .response(text, status: response.status)
    }

    init(_ error: HTTPClientError, from place: String) {
        switch error.kind {
        case .unreachable: self = .failure(MeshError(.providerUnavailable, error.message, retryable: true))
        case .tooLarge: self = .failure(FetchOutcome.tooLarge(place))
        case .cancelled:
            self = .failure(FetchOutcome.unknown("the egress process that called \(place) was stopped"))
        case .timedOut, .failed:
            self = .failure(MeshError(.communicationFailure, error.message, retryable: true))
        }
    }

    /// Nobody knows whether the other side has the request.
    static func unknown(_ cause: String) -> MeshError {
        MeshError(
            .communicationFailure, "\(cause) before the answer came; the other side may have taken the request",
            retryable: true)
    }

    /// `ok`, or the error's code.
    var name: String {
        switch self {
        case .response: "ok"
        case .failure(let error): error.code.rawValue
        }
    }

    var answer: (status: ReplyStatus, data: [UInt8]) {
        switch self {
        case .response(let text, _): (.ok, Array(text.utf8))
        case .failure(let error): (.error, Array(error.json.utf8))
        }
    }

    private static func tooLarge(_ place: String) -> MeshError {
        // The request was taken, though nobody can read what came of it: not to be tried again, but to be taken back.
        MeshError(
            .communicationFailure,
            "the answer of \(place) is larger than \(longestAnswer) bytes; have a smaller part of it sent, such as a page"
        )
    }

    private static func error(_ response: HTTPClient.Response, from place: String) -> MeshError {
        var details = "{\"status\":\(response.status),\"body\":"
        JSONText.appendString(excerpt(response.body), to: &details)
        // The workflow's next attempt waits for that.
        if let wait = response.retryAfter { details += ",\"retryAfter\":\(wait)" }
        return MeshError(
            laterStatuses.contains(response.status) ? .providerUnavailable : .communicationFailure,
            "\(place) answered \(response.status)", details: details + "}", retryable: true)
    }

    private static func excerpt(_ body: [UInt8]) -> String {
        String(decoding: body.prefix(longestExcerpt), as: UTF8.self).withoutNUL
    }

    private static func json(_ response: HTTPClient.Response) -> String {
        var text = "{\"status\":\(response.status),\"headers\":["
        for (index, field) in response.headers.fields.enumerated() {
            text += index == 0 ? "{\"name\":" : ",{\"name\":"
            JSONText.appendString(field.name.lowercased().withoutNUL, to: &text)
            text += ",\"value\":"
            JSONText.appendString(field.value.withoutNUL, to: &text)
            text += "}"
        }
        text += "]"
        guard !response.body.isEmpty else { return text + "}" }
        if response.body.isStorableText {
            text += ",\"body\":"
            JSONText.appendString(String(decoding: response.body, as: UTF8.self), to: &text)
        } else {
            text += ",\"bytes\":\"\(Base64.encode(response.body))\""
        }
        return text + "}"
    }
}
