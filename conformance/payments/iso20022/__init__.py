"""ISO 20022 messages and the gateways that carry them."""
