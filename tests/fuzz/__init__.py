"""Targets for coverage-guided fuzzing, run by hand."""
