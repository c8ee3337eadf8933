/// What happens, for people, where they ask for it.
struct Trace {
    var prints = false

    init(prints: Bool = false) { self.prints = prints }

    func add(at time: String, _ who: String?, _ text: () -> String) {
        guard prints else { return }
        print("\(time) \(who.map { "[\($0)] " } ?? "")\(text())")
    }
}
