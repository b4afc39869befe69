"""Cases: from a person's first click to the decision, nothing lost on the way.

``models`` holds cases, their hash-chained events and the outbox; ``recording`` writes events;
``fetching`` asks agencies; ``services`` are the steps that people take; ``advancing`` are the steps
that the system takes; ``selectors`` read for pages; ``access`` is the only way to a case.
"""
