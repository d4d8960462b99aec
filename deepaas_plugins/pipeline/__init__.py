"""What happens around every method: preparation, training, prediction, and the tables and reports of both."""
