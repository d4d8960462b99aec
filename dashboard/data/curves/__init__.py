"""What pages show of a dataset: curves, original files, previews of recipes."""
