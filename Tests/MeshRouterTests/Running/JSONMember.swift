import Foundation

/// Finds members in JSON answers.
enum JSONMember {
    /// A member as text; members of members with dots between, elements by their number.
    static func text(_ path: String, in body: [UInt8]) -> String? {
        var value = try? JSONSerialization.jsonObject(with: Data(body), options: .fragmentsAllowed)
        for name in path.split(separator: ".") {
            if let array = value as? [Any], let index = Int(name) {
                value = array.indices.contains(index) ? array[index] : nil
            } else {
                value = (value as? [String: Any])?[String(name)]
            }
        }
        switch value {
        case let text as String: return text
        case let number as NSNumber:
            return number.isBoolean ? (number.boolValue ? "true" : "false") : number.stringValue
        case let object as [String: Any]: return "{\(object.keys.sorted().joined(separator: ","))}"
        case let array as [Any]: return "[\(array.count)]"
        default: return nil
        }
    }
}

extension NSNumber {
    fileprivate var isBoolean: Bool { String(cString: objCType) == "c" }
}
