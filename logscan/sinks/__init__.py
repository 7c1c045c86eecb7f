"""Where results leave: files and the terminal. Nothing else writes."""
