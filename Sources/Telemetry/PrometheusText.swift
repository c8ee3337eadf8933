/// Writes metrics in Prometheus' text format (version 0.0.4).
package struct PrometheusText: Sendable {
    package private(set) var text = ""

    /// Nothing yet.
    package init() {}

    /// Begins the samples of one metric.
    package mutating func family(_ name: String, _ type: String, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    /// One value; labels may have any text.
    package mutating func sample(_ name: String, _ labels: [(String, String)] = [], _ value: String) {
        text += name
        if !labels.isEmpty {
            text += "{" + labels.map { "\($0)=\"\(PrometheusText.escaped($1))\"" }.joined(separator: ",") + "}"
        }
        text += " \(value)\n"
    }

    /// A metric of one value.
    package mutating func single(_ name: String, _ type: String, _ help: String, _ value: String) {
        family(name, type, help)
        sample(name, [], value)
    }

    /// The samples of a histogram: `counts` has one more than `bounds`, for what is above them all, and isn't added up.
    package mutating func histogram(
        _ name: String, _ labels: [(String, String)], bounds: [Double], counts: [UInt64], sum: Double
    ) {
        var total: UInt64 = 0
        for (index, count) in counts.enumerated() {
            total += count
            let bound = index < bounds.count ? "\(bounds[index])" : "+Inf"
            sample(name + "_bucket", labels + [("le", bound)], "\(total)")
        }
        sample(name + "_sum", labels, "\(sum)")
        sample(name + "_count", labels, "\(total)")
    }

    private static func escaped(_ value: String) -> String {
        var text = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
