"""The room of credential verifiers, OpenID4VP 1.0: their requests, and what they refuse. The suite is the wallet."""
