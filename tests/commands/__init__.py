"""The commands and the pytest front end, as a stranger meets them."""
