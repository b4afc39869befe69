"""Public fakes for tests: a clock, two nodes, a case."""
