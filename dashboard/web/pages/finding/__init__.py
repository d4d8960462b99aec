"""Finding things: the guides and references under ``/docs``, and the search over all objects."""
