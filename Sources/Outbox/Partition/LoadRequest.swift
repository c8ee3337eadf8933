/// What a batch needs to know before it runs.
package struct LoadRequest: Sendable {
    package var partition: PartitionID
    /// Ids of messages from outside the mesh, to be looked up in the inbox.
    package var externalIDs: [String]
    /// Keys whose state is wanted.
    package var stateKeys: [StateKey]
    /// Keys (of records, not of state) that may have parked messages of this partition.
    package var parkedKeys: [StateKey]

    package init(
        partition: PartitionID, externalIDs: [String] = [], stateKeys: [StateKey] = [], parkedKeys: [StateKey] = []
    ) {
        self.partition = partition
        self.externalIDs = externalIDs
        self.stateKeys = stateKeys
        self.parkedKeys = parkedKeys
    }
}

/// The answer to a `LoadRequest`.
package struct LoadResult: Sendable, Equatable {
    /// Those of the asked ids that are in the inbox already.
    package var knownIDs: Set<String>
    /// The state there is; a key without state is not in it (its version is 0).
    package var state: [StateKey: StateRow]
    /// How many messages are parked for a key; a key without any is not in it.
    package var parked: [StateKey: Int]

    package init(knownIDs: Set<String> = [], state: [StateKey: StateRow] = [:], parked: [StateKey: Int] = [:]) {
        self.knownIDs = knownIDs
        self.state = state
        self.parked = parked
    }
}
