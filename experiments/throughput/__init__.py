"""How fast are n independent neurons trained, by this package and by others? See README.md."""
