"""Tests of the app tracker."""
