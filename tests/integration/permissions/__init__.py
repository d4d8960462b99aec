"""The permission matrix of docs/permissions.md, cell by cell. `cast` has the people and what they own."""
