"""Makers of the vectors in vectors/eid/, one module a file."""
