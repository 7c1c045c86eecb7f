"""How a rule is drafted, step by step: wish, essence, pieces, shapes, plan, proof, file."""
