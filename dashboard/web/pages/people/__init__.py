"""People: signing in, choosing a password, and the administration of accounts.

`sign_in` is what somebody without a session may open; `accounts` is for
administrators.
"""
