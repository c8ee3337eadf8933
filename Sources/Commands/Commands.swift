/// Grows with its first type.
enum CommandsModule {}
