/// A queue: a growing array whose front is taken away in constant time on average.
struct Fifo<Element> {
    private var elements: [Element?] = []
    private var head = 0

    var count: Int { elements.count - head }
    var isEmpty: Bool { count == 0 }
    var first: Element? { isEmpty ? nil : elements[head] }
    var last: Element? { isEmpty ? nil : elements[elements.count - 1] }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func popFirst() -> Element? {
        guard !isEmpty else { return nil }
        let element = elements[head]
        elements[head] = nil
        head += 1
        if head == elements.count {
            elements.removeAll(keepingCapacity: true)
            head = 0
        } else if head > 32, head * 2 > elements.count {
            elements.removeFirst(head)
            head = 0
        }
        return element
    }

    /// Changes the first element in place; nil where there is none.
    mutating func updateFirst<Result>(_ change: (inout Element) -> Result) -> Result? {
        guard !isEmpty, var element = elements[head] else { return nil }
        elements[head] = nil
        defer { elements[head] = element }
        return change(&element)
    }

    /// Takes out the elements that fit.
    mutating func removeAll(where fits: (Element) -> Bool) -> [Element] {
        let all = elements[head...].compactMap(\.self)
        elements = all.filter { !fits($0) }
        head = 0
        return all.filter(fits)
    }
}
