"""Vectors of the protocol: what is valid, and one for every way of not being it.

``python -m tests.vectors.generate`` writes the JSON files beside this module from fixed keys.
"""
