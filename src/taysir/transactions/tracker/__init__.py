"""Who read my data: every question that an agency asked about a person, from the exchange journal.

Nothing is stored here; the page is a by-product of the evidence, so that it cannot be incomplete.
"""
