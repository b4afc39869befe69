"""Database changes of the documents app."""
