/// Grows with its first type.
enum MeshRouterModule {}
