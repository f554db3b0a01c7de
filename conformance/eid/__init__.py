"""The e-ID area."""
