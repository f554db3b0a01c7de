"""Payments: QR codes, partner APIs, ISO 20022. Each room is a sub-package with the room plan of an area."""
