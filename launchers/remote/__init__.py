"""Work on other machines over SSH: one program (``agent``), sent there once and asked by messages.

Start reading at ``launcher``; ``connection`` and ``framing`` carry the messages, ``files`` and ``images``
copy,
``records`` says where results belong, ``ssh`` and ``tunnel`` are the transport.
"""
