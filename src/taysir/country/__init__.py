"""The State of Waha (دولة الواحة): sample data, registries, services and personas."""
