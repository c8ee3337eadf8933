/// Finds the name that was likely meant.
package enum Suggestion {
    /// Candidates looked at; a bound on the work for a document with many errors and many names.
    private static let maximumCandidates = 2000

    /// The candidate closest to `name`, if it is close enough to be a slip; the first of several equally close ones.
    package static func closest(to name: String, among candidates: some Sequence<String>) -> String? {
        let target = Array(name.lowercased().utf8.prefix(64))
        let limit = target.count <= 1 ? 0 : target.count <= 3 ? 1 : target.count <= 7 ? 2 : 3
        var best: (name: String, distance: Int)?
        for candidate in candidates.prefix(maximumCandidates) where candidate != name {
            // A long common beginning allows for another ending: `retry`, `retries`.
            let isKin = zip(candidate.lowercased().utf8, target).prefix(4).filter { $0 == $1 }.count == 4
            let limit = isKin ? 3 : limit
            guard abs(candidate.utf8.count - target.count) <= limit else { continue }
            let distance = distance(target, Array(candidate.lowercased().utf8.prefix(64)))
            if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.name
    }

    /// `; did you mean X?` for the closest candidate, else `fallback`.
    static func phrase(for name: String, among candidates: some Sequence<String>, else fallback: String = "") -> String
    {
        closest(to: name, among: candidates).map { "; did you mean `\($0)`?" } ?? fallback
    }

    /// Edits to get from one to the other: insert, delete, replace, swap neighbours (optimal string alignment).
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforePrevious: [Int] = []
        var previous = Array(0...right.count)
        for row in 0..<left.count {
            var current = [row + 1]
            for column in 0..<right.count {
                let replaced = previous[column] + (left[row] == right[column] ? 0 : 1)
                var cost = min(replaced, previous[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    cost = min(cost, beforePrevious[column - 1] + 1)
                }
                current.append(cost)
            }
            beforePrevious = previous
            previous = current
        }
        return previous[right.count]
    }
}
