"""Registries as data services: a table and a short mapping become a documented read service."""
