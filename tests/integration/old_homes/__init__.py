"""Homes made by earlier versions, and the test that today's version opens them with everything in them."""
