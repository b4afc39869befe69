"""Binds the Django apps into one installation: settings, URLs, WSGI."""
