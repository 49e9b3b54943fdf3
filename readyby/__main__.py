"""`python -m readyby`, the same as the `readyby` command."""

from readyby.cli import main

if __name__ == "__main__":
    main()
