"""Public conformance suites."""
