"""Worker processes: they hold the model and answer frames. Start reading at ``pool``, then ``process``."""
