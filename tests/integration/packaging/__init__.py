"""What a person gets who installs a wheel and has no checkout."""
