"""OpenID providers: our client is the browser and the relying party, and stops at the redirect."""
