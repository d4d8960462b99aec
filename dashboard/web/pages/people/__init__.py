"""People: signing in, one's own account, and the administration of accounts.

Somebody without a session may open `sign_in`, `passwords`, `registration` and `provider_sign_in`, whose
answers `signed_in` makes; `profile` is one's own account, and `accounts` is for administrators.
"""
