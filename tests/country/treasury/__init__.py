"""Tests of the sample treasury."""
