"""Tests of the payments area."""
