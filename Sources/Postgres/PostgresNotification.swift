/// What `NOTIFY` sent.
package struct PostgresNotification: Sendable, Equatable {
    package var channel: String
    package var payload: String

    package init(channel: String, payload: String) {
        self.channel = channel
        self.payload = payload
    }
}
