"""For a terminal: small coloured maps of fates, of a loss surface and of a loss, from letters and blocks."""
