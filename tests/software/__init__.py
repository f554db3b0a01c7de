"""Real server software and peer tools, with verdicts written by hand from each configuration."""
