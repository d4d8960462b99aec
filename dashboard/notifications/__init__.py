"""Notifications: people are told by e-mail or webhook when a job ends, or waits long.

Start with `outbox.py`: what is to be told is written in the transaction of what happened, so nothing is told
that did not happen, and a crash loses nothing. `sender.py` sends it afterwards, at least once; a message
that comes twice has the same id. `email.py` and `webhook.py` are the two channels; webhooks, whose
addresses users type, reach public networks only (`dashboard.base.outbound`).
"""
