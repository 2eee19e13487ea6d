"""THE LIVING MAP: a server on this machine whose page trains the map again as one zooms."""
