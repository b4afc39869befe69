"""Registries as data services: a table and a short mapping become a documented read service.

Flow of a request: ``service`` (route, check the key) → ``statements`` (SQL made once from the
mapping) → ``sources`` (SQLite, PostgreSQL or CSV, read-only) → ``answers`` (rows become declared
fields) → JSON. ``loading`` reads the mapping file, ``checking`` compares it with the database,
``openapi`` describes the service. Nothing here writes to a registry.
"""
