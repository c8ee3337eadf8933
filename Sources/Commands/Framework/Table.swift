/// Rows in aligned columns, or a JSON array of objects.
package struct Table: Sendable {
    package let columns: [String]
    package private(set) var rows: [[String]] = []

    package init(_ columns: String...) { self.columns = columns }

    package mutating func add(_ cells: String...) { rows.append(cells) }

    /// The lines for a terminal; cells are cut at `limit` columns of it.
    package func lines(limit: Int = 60) -> [String] {
        let shown = ([columns.map { $0.uppercased() }] + rows).map { row in row.map { $0.cutToLine(limit) } }
        let widths = columns.indices.map { column in shown.map { $0[column].terminalColumns }.max() ?? 0 }
        return shown.map { row in
            let cells = row.enumerated().map { column, cell in
                column == row.count - 1
                    ? cell : cell + String(repeating: " ", count: widths[column] - cell.terminalColumns)
            }
            return cells.joined(separator: "  ")
        }
    }
}

extension Output {
    /// Prints a table; `empty` is said where it has no rows.
    package func table(_ table: Table, empty: String, limit: Int = 60) {
        guard !table.rows.isEmpty else { return line(empty) }
        let lines = table.lines(limit: limit)
        line(paint(lines[0], .bold))
        for row in lines.dropFirst() { line(row) }
    }
}
