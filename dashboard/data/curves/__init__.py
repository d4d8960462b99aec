"""From a row to a plot: curves, original files, previews of recipes."""
