"""The self-organising map on real things."""
