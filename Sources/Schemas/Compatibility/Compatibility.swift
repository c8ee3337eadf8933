/// Compares two versions of a schema: what breaks, and for whom.
package enum Compatibility {
    /// All differences that somebody could notice, breaking ones first.
    ///
    /// `heard` are the events that somebody handles once `new` is in force; without it, whatever was emitted is taken to be heard.
    package static func check(
        from old: MeshSchema, to new: MeshSchema, heard: Set<String>? = nil
    ) -> [CompatibilityChange] {
        var comparison = SchemaComparison(old: old, new: new, heard: heard)
        comparison.compare()
        return comparison.changes.filter { $0.severity == .breaking }
            + comparison.changes.filter { $0.severity == .compatible }
    }

    /// Whether the version of `new` admits a break: a higher major number, or below 1.0 a higher minor one.
    package static func admitsBreak(from old: SemanticVersion, to new: SemanticVersion) -> Bool {
        new.major > old.major || (new.major == 0 && old.major == 0 && new.minor > old.minor)
    }
}
