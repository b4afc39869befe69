"""The stores of private keys that come with the exchange."""
