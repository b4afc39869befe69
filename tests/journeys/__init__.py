"""Journeys through the running country, in a real browser."""
