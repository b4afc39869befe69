"""Transactions: people and businesses complete services; officers decide."""
