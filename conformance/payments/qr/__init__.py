"""Merchant-presented QR codes: payloads that a country hands in, and implementations that read them."""
