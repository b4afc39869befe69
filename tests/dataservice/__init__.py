"""Tests of data services."""
