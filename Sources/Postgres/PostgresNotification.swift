/// What `NOTIFY` sent.
package struct PostgresNotification: Sendable, Equatable {
    package var channel: String
    package var payload: String
}
