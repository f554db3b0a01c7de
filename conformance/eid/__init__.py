"""The e-ID area: OpenID providers, relying parties, credentials."""
