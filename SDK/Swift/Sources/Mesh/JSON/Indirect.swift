/// Holds a value in a box, so that a type can contain itself.
@propertyWrapper
public struct Indirect<Value> {
    /// Always one element.
    private var box: [Value]

    public init(wrappedValue: Value) { box = [wrappedValue] }

    public var wrappedValue: Value {
        get { box[0] }
        set { box[0] = newValue }
    }
}

extension Indirect: Equatable where Value: Equatable {}
extension Indirect: Hashable where Value: Hashable {}
extension Indirect: Sendable where Value: Sendable {}
