"""`python -m logscan`, and the console script."""

from logscan.cli.main import main

if __name__ == "__main__":
    main()
