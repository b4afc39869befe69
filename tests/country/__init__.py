"""Tests of the sample country."""
