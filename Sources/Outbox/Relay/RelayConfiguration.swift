/// How a relay works.
package struct RelayConfiguration: Sendable {
    /// Names the process in `mesh.lane.owner`.
    package var owner: String
    /// How long the lane stays leased to a relay that doesn't renew it.
    package var lease: Duration = .seconds(10)
    /// The pause after a tick that brought few messages, while they come.
    package var busyPause: Duration = .milliseconds(3)
    /// The pause after a tick that brought many: more go together, as each tick costs Postgres and the broker much the same whatever is in it.
    package var loadedPause: Duration = .milliseconds(10)
    /// How many messages are many, if the tick isn't half a page, which is followed by the next one at once.
    package var loadedCount = 40
    /// The longest pause while none come.
    package var idlePause: Duration = .milliseconds(20)
    /// The longest pause between two looks at delayed sends, and so how late one may come that is due sooner than that after it was sent.
    package var delayedPause: Duration = .milliseconds(100)
    /// How many delayed sends go into the lane at a time; then it is drained before the next.
    package var delayedPage = 500
    /// How many messages are read at a time.
    package var page = 2000
    /// How many messages may be handed over and not acknowledged; at the bound the relay waits.
    package var maximumInFlight = 20_000
    /// How many bytes of messages may be.
    package var maximumInFlightBytes = 64 << 20
    /// How long a missing topic holds the lane up before its messages become dead letters.
    package var topicPatience: Duration = .seconds(60)

    package init(owner: String) { self.owner = owner }

    /// The pause after a tick of so many messages, when `quiet` ticks in a row brought none.
    func pause(after count: Int, quiet: Int) -> Duration {
        // It grows only after a second or so without messages.
        if quiet > 300 { return idlePause }
        return count >= loadedCount ? loadedPause : busyPause
    }
}
