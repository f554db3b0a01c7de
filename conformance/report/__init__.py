"""Strings from results: matrix, HTML, JSON, CSV, JUnit, terminal. Decides no verdict."""
