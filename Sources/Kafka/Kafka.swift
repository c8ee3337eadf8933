/// Grows with its first type.
enum KafkaModule {}
