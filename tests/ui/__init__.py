"""Tests of the shared screens, texts and formats."""
