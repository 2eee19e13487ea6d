"""How momentum kills neurons with small targets: P(alive) against the target, known in closed form."""
