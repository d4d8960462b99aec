"""Container images by Apptainer on a cluster.

``command`` builds the command lines, ``store`` the image files.
"""
