"""The job folder: what the platform and a module's container both know about it, written once.

A job folder is the only interface between the platform, which writes ``job.json`` and reads ``out/``, and the
batch entry in the container, which does the opposite (docs/contracts.md, section 6). Both sides import this
package; so do the launchers, whose own folders use the same JSON files and stamps. It imports nothing but the
standard library, and little of that: a supervisor of a command and the batch entry start in milliseconds.

Start reading at `names`: the files of the folder, the outcomes and the exit codes.

================  =============================================================================
`names`           file names, outcomes, exit codes, the heartbeat's interval
`json_file`       JSON files that are written by rename and read up to a limit
`stamps`          times as they are written: ISO 8601, UTC, milliseconds, ``Z``
`checkpoint_card` ``checkpoint.json``: which folder holds the newest checkpoint, and its files' hashes
`dataset_path`    from a path in a container to the dataset's own
`label_numbers`   numbers in labels, one or several with names
`label_classes`   how classes of a dataset and of a model differ
`usage`           processor time, memory and GPUs that a run uses
`machine`         the identity of the machine's current boot
================  =============================================================================
"""
