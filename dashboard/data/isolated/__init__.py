"""What meets hostile files, in processes of its own."""
