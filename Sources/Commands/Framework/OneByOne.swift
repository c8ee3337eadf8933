extension Output {
    /// Does something to each of `names`: goes on behind one that refuses and says why, and ends with the exit code of the last refusal.
    ///
    /// Where nobody can be reached, nobody would be for the others, either: then it ends there.
    func oneByOne(
        _ names: [String], _ act: (String) async throws(CommandFailure) -> Void
    ) async throws(CommandFailure) {
        var failed: CommandFailure?
        for name in names {
            do throws(CommandFailure) {
                try await act(name)
            } catch {
                // One alone is the whole command.
                guard names.count > 1 else { throw error }
                var named = error
                named.message = "\(name): \(error.message)"
                if error.exit == .unreachable { throw named }
                report(named)
                failed = named
            }
        }
        if let failed { throw .silent(failed.exit) }
    }
}
