"""The public app: what a driver sees and asks, and where text messages come in."""
