"""SNAP BI, the Indonesian partner API: tokens, signed transactions, response codes and idempotency."""
