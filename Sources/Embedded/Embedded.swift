/// Grows with its first type.
enum EmbeddedModule {}
