"""`huggins mcp`: the protocol in `mcp`, what assistants can ask for in `tools`."""
