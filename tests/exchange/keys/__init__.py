"""Tests of signing keys."""
