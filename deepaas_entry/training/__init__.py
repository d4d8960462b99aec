"""``train`` of a third-party module as a job: its job folder, log, progress, metrics and written files.

Start reading at `job.run`. The platform's side of the job folder is docs/contracts.md, section 6; the file
names are those of `jobfolder.names`, which an image does not have (a test compares them).
"""
