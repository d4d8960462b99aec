"""What every service uses.

Time, identifiers, errors, paging, live events, untrusted folders, outbound requests.
"""
