"""The command line. Each command builds objects, makes one call, exits; heavy imports happen inside it."""
