internal import CRdKafka
internal import Glibc

/// Properties of librdkafka as somebody configured them, looked at before a client is made. A value may be a password, so no error has one.
package enum KafkaProperties {
    /// What librdkafka would say of a property.
    package enum Verdict: Sendable, Equatable {
        case taken
        /// There is no property of that name.
        case unknown
        /// There is, and it doesn't take the value.
        case refused
    }

    /// What librdkafka would say of `value` as the property `name`.
    package static func verdict(on name: String, _ value: String) -> Verdict {
        guard let configuration = rd_kafka_conf_new() else { return .taken }
        defer { rd_kafka_conf_destroy(configuration) }
        return set(name, value, in: configuration)
    }

    /// Sets a property; librdkafka's own words are left out, since they quote the value where it is one of a list.
    static func set(_ name: String, _ value: String, in configuration: OpaquePointer) -> Verdict {
        switch rd_kafka_conf_set(configuration, name, value, nil, 0) {
        case RD_KAFKA_CONF_OK: .taken
        case RD_KAFKA_CONF_UNKNOWN: .unknown
        default: .refused
        }
    }

    /// The names of all properties that this librdkafka knows; it tells them as a table only.
    package static var names: [String] {
        var text: UnsafeMutablePointer<CChar>?
        var size = 0
        guard let stream = open_memstream(&text, &size) else { return [] }
        rd_kafka_conf_properties_show(stream)
        fclose(stream)
        defer { free(text) }
        guard let text else { return [] }
        return String(cString: text).split(separator: "\n").compactMap { line in
            let name = line.prefix { $0 != "|" && $0 != " " }
            return line.contains("|") && name.first?.isLowercase == true ? String(name) : nil
        }
    }

    /// `text` without the values of properties that are secret, for what librdkafka says when it makes a client of them.
    static func withoutSecrets(_ text: String, _ settings: [(String, String)]) -> String {
        let secrets = settings.filter { name, value in
            ["password", "secret", "pem", "token", "oauthbearer.config"].contains { name.contains($0) }
                && value.count >= 3
        }
        return secrets.reduce(text) { text, setting in
            text.split(separator: setting.1, omittingEmptySubsequences: false).joined(separator: "…")
        }
    }
}
