/// Where key runs run: threads of their own, since a guest blocks the one it has.
protocol GuestThreads: Sendable {
    /// Runs each of these once, on any thread; those of different keys in any order.
    func submit(_ jobs: [@Sendable () -> Void])
}
