"""The room of credentials: verifiers and libraries behind the harness, asked with vectors."""
