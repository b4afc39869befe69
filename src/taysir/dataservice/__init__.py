"""Registries as data services: a table and a short mapping file become a documented read service."""
