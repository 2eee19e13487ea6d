"""The commands: each file has one, of the file's name. What it needs is imported when it runs."""
