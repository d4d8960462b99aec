"""What an administrator says to everybody, and the state of the platform itself. No HTTP.

`maintenance` is the mode in which nothing new is taken; the supervisor and the web application ask it.
`announcements` are the sentences above every page. `state` has versions, the schema, nodes and disk. Start
reading at `maintenance`.
"""
