"""QR libraries that nobody here wrote: as readers behind the harness, and as generators."""
