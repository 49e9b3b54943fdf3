"""ReadyBy: smart charging for shared EV chargers, ready by the time the driver leaves."""

__version__ = "0.1.0"
