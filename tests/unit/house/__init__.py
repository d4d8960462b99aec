"""What holds the layout of the packages."""
