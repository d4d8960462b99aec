"""The kinds of sources, one module each, and what several of them share.

`registry` names them all. `tree` walks folders of servers (HTTP index, FTP, WebDAV), `linked` opens the
rows of tables of the Virtual Observatory (DataLink, SODA), `described` makes the parameters of forms.
"""
