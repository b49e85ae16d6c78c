"""`python -m backbone` is the command `ehr`."""

if __name__ == "__main__":
    # Worker processes import this file anew, under another name, and need none of the commands.
    from backbone.cli import main

    main()
