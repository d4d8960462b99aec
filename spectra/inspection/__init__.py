"""What a file holds and how it is read, for a person who wonders about it: no platform, nothing is stored.

Start reading at ``report``: `inspect_file`. ``contents`` lists HDUs, tables and columns, also of files that
are rejected.
"""
