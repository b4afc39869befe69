"""Attacks on the exchange, each with what holds; the threat model names these tests."""
