/// What is to be done so that the topics of the mesh stand ready; a value, decided from three lists.
package struct TopicPlan: Sendable, Equatable {
    /// Missing on the broker and never seen before: to be created, then recorded.
    package var create: [String: Int32] = [:]
    /// On the broker with the right count and not recorded yet.
    package var record: [String: Int32] = [:]
    /// Recorded and gone from the broker: it has lost its data.
    package var lost: [String: Int32] = [:]
    /// In order; partition counts by topic.
    package var ready: [String: Int32] = [:]
    /// Why a topic can't be used, and what to do.
    package var refused: [String: String] = [:]

    /// `present` must have been read after `recorded`: what is recorded was on the broker then.
    package init(wanted: some Sequence<String>, partitions: Int32, recorded: [String: Int32], present: [String: Int32])
    {
        for topic in wanted {
            switch (recorded[topic], present[topic]) {
            case (nil, nil): create[topic] = partitions
            case (nil, partitions): record[topic] = partitions
            case (nil, let found?): refused[topic] = TopicPlan.foreign(topic, found, partitions)
            case (let count?, nil): lost[topic] = count
            case (let count?, let found?) where count == found: ready[topic] = count
            case (let count?, let found?): refused[topic] = TopicPlan.changed(topic, count, found)
            }
        }
    }

    private static func foreign(_ topic: String, _ found: Int32, _ wanted: Int32) -> String {
        """
        topic \(topic) is on the broker with \(found) partitions, and the topics of this mesh have \(wanted). All of them need one \
        count, so that a key has the same partition in each. Delete or rename that topic; the mesh then creates its own
        """
    }

    private static func changed(_ topic: String, _ recorded: Int32, _ found: Int32) -> String {
        """
        topic \(topic) has \(found) partitions now, and had \(recorded) when the mesh began to use it. Keys would move to other \
        partitions and lose their order, so nothing is sent to it. Create it anew with \(recorded) partitions
        """
    }
}
