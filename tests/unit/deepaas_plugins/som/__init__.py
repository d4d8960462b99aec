"""The self-organising map."""
