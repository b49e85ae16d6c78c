"""A second opinion on searches: slow, plain, and independent of the server.

The server finds resources by an index; this package finds them by reading every resource with a FHIRPath
interpreter and comparing values as the specification says (https://hl7.org/fhir/R4/search.html). It imports
nothing of the server, so a mistake would have to be made twice to go unseen.

    python -m tests.oracle BASE_URL --searches 20000 --seed 1     random searches: the server against it
    python -m tests.oracle BASE_URL --search 'Patient?name=an'    one search
    python -m tests.oracle.counts BASE_URL oracle-small.json      counts that are known beforehand
    python -m tests.oracle.definitions PACKAGE                    makes definitions.json.zst anew

- ``definitions``  what HL7 has defined: parameters, targets, compartments, codes of required bindings
- ``expressions``  the values that an expression finds in a resource, with their types
- ``corpus``       all resources of a server, in the order in which they were first stated
- ``values``       how search values are written: escapes, lists, prefixes
- ``strings tokens references dates numbers uris``  one type of parameter each: does this value match?
- ``names``        how names of parameters are written: chains, ``_has``, modifiers
- ``conditions``   which resources satisfy one parameter; composite parameters, ``:not`` and ``:missing``
- ``sorting including evaluator``  whole searches: in which order, with which included ones
- ``generator writing``  random searches whose values are drawn from the corpus
- ``compare``      both asked, and in what they differ
- ``counts``       what was counted beforehand
- ``asking stub synthea``  for the tests of all this

Where the specification leaves a choice, or contradicts itself, the oracle takes what docs/search.md promises.
"""
