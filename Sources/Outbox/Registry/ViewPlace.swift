/// Where a view of ours belongs, and how it is known as ours.
struct ViewPlace {
    var schema: String
    var name: String
    /// What it is, for people.
    var what: String
    /// How its comment begins.
    var mark: String
}
