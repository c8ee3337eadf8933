/// Grows with its first type.
enum HTTPServerModule {}
