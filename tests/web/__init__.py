"""Tests of the portal as a whole: settings, headers, health, processes."""
