"""``python -m lpasim``."""

from lpasim.cli.entry import main

if __name__ == "__main__":
    main()
