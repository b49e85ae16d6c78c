"""Search: what a resource leaves in the index, and how a query finds it (https://hl7.org/fhir/R4/search.html).

One module for each type of parameter holds all that there is to it: the rows that a value leaves, the values
that a query may have, the SQL that finds the rows, and the same question asked of one resource.
"""
