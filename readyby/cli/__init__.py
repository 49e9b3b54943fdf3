"""The command line: each command imports what it needs when it is called, so that help answers at once."""


def main() -> None:
    """Run one command and exit with its code."""
    from readyby.cli.app import run

    run()
