"""Notifications: e-mails and webhooks when a job ends, or waits long.

Start reading at `outbox.py`: a message is written in the transaction of the change that it reports. So none
is sent for a change that was rolled back, and a crash loses none. `sender.py` sends messages at least once; a
repeated message has the same id. `email.py` and `webhook.py` are the two channels; webhooks, whose addresses
users type, reach public networks only (`dashboard.base.outbound`).
"""
