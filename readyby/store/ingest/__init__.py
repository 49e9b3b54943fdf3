"""Taking in feed pages."""
