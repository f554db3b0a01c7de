"""What each command of `conformance` does. `cli.py` parses, these modules act."""
