"""Tests of the programme office: the figures, the events and their refusals."""
