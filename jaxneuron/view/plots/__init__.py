"""Figures. The numbers of each are in the file of the same name one folder up, or in `maps`; here they are
drawn. `RunPlots` and `TrainingPlots` are the way in."""
