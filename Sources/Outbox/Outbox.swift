/// Grows with its first type.
enum OutboxModule {}
