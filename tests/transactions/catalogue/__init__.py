"""Tests of the app catalogue."""
