"""Commands about label sets."""
