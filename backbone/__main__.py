"""`python -m backbone` is the command `ehr`."""

from backbone.cli import main

if __name__ == "__main__":
    main()
