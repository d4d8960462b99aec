"""The commands of `huggins`, one file per group."""
