"""Tests of the app identity."""
