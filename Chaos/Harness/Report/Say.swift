internal import Foundation

/// Prints a line at once, with the time.
func say(_ line: String) {
    let format = DateFormatter()
    format.dateFormat = "HH:mm:ss"
    format.timeZone = TimeZone(identifier: "UTC")
    print("\(format.string(from: Date())) \(line)")
    fflush(nil)
}

extension Duration {
    var seconds: Double { self / .seconds(1) }
    /// For people: `350 ms`, `4.2 s`.
    var text: String {
        self < .seconds(1) ? "\(Int(self / .milliseconds(1))) ms" : String(format: "%.1f s", seconds)
    }
}
