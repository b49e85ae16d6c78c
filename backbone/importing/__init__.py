"""Import: brings FHIR files that others wrote into the record, through the public API alone.

`importer.import_paths` does it, `command.import_command` is `ehr import`.
"""
