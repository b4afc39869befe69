"""Measurements, one file per promise; each offers ``run() -> list[dict]``."""
