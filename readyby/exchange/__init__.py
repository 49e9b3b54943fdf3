"""The data exchange server: alone knows charging networks, and keeps what each EVSE holds."""
