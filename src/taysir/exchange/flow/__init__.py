"""What a node does with each kind of traffic."""
