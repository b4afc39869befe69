"""The catalogue: what the state offers, found by plain words, read before signing in.

``packs.py`` loads the service packs of this installation once; everything shown comes from them, so
the catalogue cannot drift from what runs.
"""
