"""Database changes of the measures app."""
