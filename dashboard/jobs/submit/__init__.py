"""Whether a job can be run as requested: the same answer for the form, the API and the command line."""
