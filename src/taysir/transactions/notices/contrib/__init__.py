"""Channels that come with Taysir."""
