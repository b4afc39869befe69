"""A second implementation of the protocol, by the clauses of its page."""
