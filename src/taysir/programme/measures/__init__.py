"""Measures: figures computed from the transactions themselves; nobody types one.

Flow: agencies send pseudonymous case events through the exchange to ``intake.py``; ``events.py``
reads and refuses; ``services.py`` stores each once, with the id of the call that carried it;
``indicators.py`` computes every figure from the events (pure); ``views.py`` shows a figure and the
events behind its numerator and denominator. The content of a case never comes here.
"""
