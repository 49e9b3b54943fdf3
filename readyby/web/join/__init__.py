"""How a driver joins at a station: a page, a code texted to the phone, and the token that starts sessions."""
