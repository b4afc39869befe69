"""Tests of the app cases."""
