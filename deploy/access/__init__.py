"""Who may call a deployment (``authorization``, ``tokens``), and how often it was called (``usage``)."""
