"""Finds and deletes what nobody refers to: `service` lists it, and deletes what is named, checked again."""
