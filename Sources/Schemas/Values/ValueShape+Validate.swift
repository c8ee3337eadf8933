extension ValueShape {
    /// Checks that `bytes` are JSON of this shape.
    package func validate(_ bytes: UnsafeRawBufferPointer) throws(ValueError) {
        var validator = ValueValidator(bytes, shape: self)
        do throws(ValueFailure) {
            try validator.validate()
        } catch {
            if acceptsNullAnswer, JSONScanner.isNullAnswer(bytes) { return }
            throw ValueErrorWriter(bytes: bytes, shape: self).error(error)
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
