"""Signing in by a provider of accounts: OpenID Connect, or OAuth 2.0 where there is no ID token.

A browser goes to the provider with a state that is good once, a nonce and the challenge of PKCE (`flows`),
and comes back with a code, for which `provider` gets the tokens; `id_token` checks who they are about.
`claims` reads roles and projects from them, `joining` finds or makes the account, `service` does it all, and
links and unlinks. Requests to providers go through the guard of `dashboard.base.outbound`: into networks
beside the internet only where the settings name them. Start reading at `service`.
"""
