"""Seals that come with Taysir."""
