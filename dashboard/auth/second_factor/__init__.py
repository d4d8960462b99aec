"""The second factor of signing in by password: codes of an app, and recovery codes.

`totp` makes secrets and checks codes, without a database; `factors` keeps one secret for each person, so
that no code is taken twice, and the hashes of the recovery codes. Who signs in by a provider has that
provider's factors. Start reading at `factors`.
"""
