import HTTPServer
import MeshCore

@testable import Egress

extension FuzzTarget {
    /// What a grant lets through must go where the grant says, as libcurl reads the URL.
    static let outside = FuzzTarget(
        "outside", "a grant's place, and a URL that a workflow calls",
        seeds: [
            "https://api.example.com/v1/\nhttps://api.example.com/v1/charges?a=b#c",
            "https://*.example.com/\nhttps://a.b.example.com:443/%7Ex/..%2f",
            "http://127.0.0.1:80/\nhttp://2130706433/", "http://[::1]:9/\nhttp://[::1%25eth0]:9/",
            "*\nhttps://user@host/",
        ]
    ) { bytes in
        let parts = String(decoding: bytes, as: UTF8.self).split(
            separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return }
        let text = String(parts[1])
        guard let place = try? OutsidePlace(String(parts[0])), let url = try? OutsideURL(text), place.contains(url)
        else {
            return
        }
        _ = try? Capability("secret:a@" + place.description)
        guard let read = CurlURL(text), PreparedFetch.isSame(url, read) else { return }
        guard let again = try? OutsideURL("\(read.scheme)://\(read.host):\(read.port)\(read.path)") else {
            throw FuzzFinding(description: "\(text) goes to \(read), which isn't read")
        }
        try require(place.contains(again), "\(place) has \(text), and libcurl goes to \(read)")
    }

    /// The arguments of a call to the outside, with the headers that would go out.
    static let fetch = FuzzTarget(
        "fetch", "a request of a workflow to the outside",
        seeds: [
            #"{"request":{"method":"POST","url":"https://a.example/x","headers":[{"name":"A","value":"{{secret:k}}"}],"body":"b","timeout":"PT2S"}}"#,
            #"{"request":{"method":"PUT","url":"https://a.example/","bytes":"AAE="}}"#,
        ]
    ) { bytes in
        guard let request = try? FetchRequest(String(decoding: bytes, as: UTF8.self)) else { return }
        try require(request.timeout > .zero && request.timeout <= .seconds(600), "the timeout is \(request.timeout)")
        for field in request.headers.fields {
            let value = (try? SecretName.fill(field.value) { _ throws(MeshError) in "s" }) ?? ""
            try require(
                !field.name.contains(where: \.isNewline) && !value.utf8.contains(0x0A) && !value.utf8.contains(0x0D),
                "the header \(field) has a line break")
        }
    }
}
