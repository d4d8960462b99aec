"""The platform's side of the job folder: write it before an attempt, follow it, read it afterwards."""
