"""``python -m lpasim``."""

try:
    from lpasim.cli.entry import main
except KeyboardInterrupt:  # before `main` can say so
    raise SystemExit(130) from None

if __name__ == "__main__":
    main()
