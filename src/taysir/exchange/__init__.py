"""The exchange: a node that carries signed, permitted, evidenced calls between agencies."""
