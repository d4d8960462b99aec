"""What ci/machine.sh is made of: a shell file for each component."""
