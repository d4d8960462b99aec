"""Build the base image, build, check and publish modules; set up a test machine."""
