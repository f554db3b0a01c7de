"""Interoperability conformance tests for national digital services in the ASEAN region."""

__version__ = "0.1.0"
