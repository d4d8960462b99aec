"""Operation of a platform: backups under load and kills, bad disks and homes, its units and metrics."""
