"""Treasuries that come with Taysir."""
