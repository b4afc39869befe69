"""Tests that kill processes and spoil files, and look at what is left."""
