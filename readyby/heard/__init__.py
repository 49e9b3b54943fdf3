"""How a driver's text is heard: words made plain, then amounts, times, days, commands and doubts. Pure."""
