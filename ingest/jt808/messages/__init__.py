"""The bodies of the messages, declared. `registry.py` finds the one of an id."""
