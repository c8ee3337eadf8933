import Outbox
import Synchronization

/// A partition's right to commit one batch, given back when nobody holds it any more.
///
/// The second is what matters: a loop that ends while it waits for its turn never hears of it, and a turn lost that way would keep the others of
/// its round, and then the worker, from ever committing again.
final class CommitTurn: Sendable {
    private let round: CommitRound
    private let isUsed = Atomic<Bool>(false)

    init(_ round: CommitRound) { self.round = round }

    deinit { if !isUsed.load(ordering: .relaxed) { round.answer(nil) } }

    /// Commits the batch, perhaps together with others; `done` is called once, from any thread.
    func commit(
        _ batch: BatchCommit, size: CommitSize, done: @escaping @Sendable (Result<CommitReceipt, StoreError>) -> Void
    ) {
        guard !isUsed.exchange(true, ordering: .relaxed) else { return assertionFailure("a turn was used twice") }
        round.answer(CommitRound.Entry(batch: batch, size: size, done: done))
    }
}
