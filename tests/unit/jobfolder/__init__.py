"""The job folder's contract."""
