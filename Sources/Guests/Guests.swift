/// Grows with its first type.
enum GuestsModule {}
