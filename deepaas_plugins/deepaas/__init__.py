"""A method as a DEEPaaS V2 object (``adapter``), with its fields and uploaded files."""
