"""Commands and code samples that pages show for copying."""
