"""Commands on a home and its database, with or without a running platform: `backup`, `restore`, `check`."""
