/// Grows with its first type.
enum SchemasModule {}
