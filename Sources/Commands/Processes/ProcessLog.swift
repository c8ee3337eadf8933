import MeshCore

/// Sets the process's log up from the settings.
enum ProcessLog {
    static let options = [Settings.logLevel.description, Settings.logFormat.description]

    static func configure(_ invocation: Invocation, json: Bool? = nil) throws(CommandFailure) {
        let name = try invocation.value(Settings.logLevel)
        let level = Log.Level.allCases.first { $0.name == name } ?? .info
        Log.configure(minimum: level, json: invocation.optional(Settings.logFormat).map { $0 == "json" } ?? json)
    }
}
