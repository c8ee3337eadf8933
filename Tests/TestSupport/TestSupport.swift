/// Grows with its first helper.
enum TestSupportModule {}
