"""How near a rule comes to a line: patterns taken apart, tried in parts, and told in words."""
