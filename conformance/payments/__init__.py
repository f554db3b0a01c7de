"""The payments area: one room a kind of artefact, joined in `area.py`."""
