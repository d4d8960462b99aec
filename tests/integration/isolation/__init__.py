"""What a process that reads files of others can reach, tried from inside."""
