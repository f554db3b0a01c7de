"""Relying parties: who accepts a login."""
