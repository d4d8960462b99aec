"""VOTable (IVOA, 1.4) as services and people send it: hostile until it is read.

`reader` reads the text of a document with bounded memory, `binary` what is encoded, `table` has what both
return. `lines` reads a table in a process of its own into lines of JSON; `columns` finds out what its
columns are.
"""
