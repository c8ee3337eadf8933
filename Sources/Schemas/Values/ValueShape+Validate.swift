extension ValueShape {
    /// Checks that `bytes` are JSON of this shape.
    package func validate(_ bytes: UnsafeRawBufferPointer) throws(ValueError) {
        var failure: ValueFailure?
        nodes.withUnsafeBufferPointer { nodes in
            objects.withUnsafeBufferPointer { objects in
                fields.withUnsafeBufferPointer { fields in
                    names.withUnsafeBufferPointer { names in
                        var validator = ValueValidator(
                            bytes, nodes: nodes, objects: objects, fields: fields, names: names, shape: self)
                        do throws(ValueFailure) { try validator.validate() } catch { failure = error }
                    }
                }
            }
        }
        if let failure {
            if acceptsNullAnswer, JSONScanner.isNullAnswer(bytes) { return }
            throw ValueErrorWriter(bytes: bytes, shape: self).error(failure)
        }
    }

    /// Checks that `bytes` are JSON of this shape.
    package func validate(_ bytes: [UInt8]) throws(ValueError) {
        // Arrays rethrow untyped errors only, so the typed one is carried out as a value.
        let result = bytes.withUnsafeBytes { buffer in
            Result { () throws(ValueError) in try validate(buffer) }
        }
        try result.get()
    }
}
