"""Building of images. Start reading at `module_image.py`; `docker_build.py` is one call of `docker build`."""
