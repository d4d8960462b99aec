"""Steps that are fitted to the whole feature matrix and change its columns."""
