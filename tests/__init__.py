"""Tests, in the tree of src/taysir, plus architecture, vectors, conformance, fault and journeys."""
