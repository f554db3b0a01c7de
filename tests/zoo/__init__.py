"""Hostile servers on loopback, each with a benign twin, and what the suite must make of them."""
