"""Benchmark commands, each run by hand: nothing here is timed in a test, since shared machines are not steady."""
