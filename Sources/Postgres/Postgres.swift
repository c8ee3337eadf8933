/// Grows with its first type.
enum PostgresModule {}
