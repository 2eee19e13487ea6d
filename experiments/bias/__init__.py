"""Does the bias reduce dying? Born dead is known in closed form; what training adds is measured."""
