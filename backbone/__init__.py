"""Settings, process wiring and the command line `ehr`: the only code that reads the environment."""
