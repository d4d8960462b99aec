"""The loop that makes running jobs match the rows. Start reading at ``supervisor``, then ``decision``."""
