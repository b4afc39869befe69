"""Database changes of the notices app."""
