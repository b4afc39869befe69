"""Database changes of the payments app."""
