"""The room of credential issuers, OpenID4VCI 1.0: metadata, nonces, proofs, access and what is issued."""
