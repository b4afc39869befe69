"""Programme: the programme office measures from the transactions themselves."""
