"""Where the entries of a chart happened. Facilities are told apart by their codes: many communes have a
station of one name (docs/decisions/0022-a-facility-is-its-code.md)."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

from projections.health_record.directory import ORGANIZATION
from projections.health_record.entry import Entry, Named
from projections.health_record.kinds import AnyEntry, Order, Visit


@dataclass(frozen=True, slots=True)
class Facility:
    """Where something happened. key: what tells it from others: its code, else ``Organization/id``, else what
    it is called. coded: whether that is a code. vague: several facilities of the chart are called so, and
    nobody has said which of them it is. alike: the keys of all that are called so, as far as they are known
    when it is asked.

    As text it is what people read: the name, and the key too where others of the chart are called the same.
    """

    key: str
    name: str = field(compare=False)
    coded: bool = field(compare=False, default=False)
    vague: bool = field(compare=False, default=False)
    alike: Set[str] = field(compare=False, repr=False, default=frozenset())

    def __str__(self) -> str:
        return f"{self.name} ({self.key})" if len(self.alike) > 1 and self.key != self.name else self.name


def apart(one: Facility, other: Facility) -> bool:
    """Whether they are two for certain. What has no code may be any that is called the same: to tell of
    another facility then would be a false alarm. Whoever must not miss one (interactions) asks whether they
    are equal, which they are not as soon as they may be two."""
    return one != other and (one.name != other.name or (one.coded and other.coded))


def merged(facility: Facility) -> Facility:
    """One for all of one name that have no code, of which no two are ``apart``."""
    return facility if facility.coded else Facility(facility.name, facility.name)


def are_several(facilities: Iterable[Facility]) -> bool:
    """Whether there are two among them for certain."""
    different = set(facilities)
    return len({one.name for one in different}) > 1 or sum(one.coded for one in different) > 1


class Whereabouts:
    """The facilities of one chart, found once for every entry."""

    def __init__(
        self, entries: Sequence[AnyEntry], names: Mapping[str, str], codes: Mapping[str, str]
    ) -> None:
        """names: by ``Type/id``, and of facilities by their code. codes: of facilities by ``Type/id``."""
        visits = [entry for entry in entries if isinstance(entry, Visit)]
        stated: dict[str, set[Named]] = {}
        for one in visits:
            if one.provider and one.origin.facility:
                stated.setdefault(one.origin.facility, set()).add(one.provider)
        self._names, self._codes = dict(names), dict(codes)
        for name, code in sorted((names[key], code) for key, code in codes.items() if key in names):
            self._names.setdefault(code, name)
        stating = (entry.origin.facility for entry in entries)
        self._coded = {code for code in (*codes.values(), *stating) if code}
        self._bearers = self._who_bears(stated)
        self._codes |= self._own(stated)
        self._known: dict[str, Facility] = {}
        self._alike: dict[str, set[str]] = {}
        self._of_visit = {
            one.origin.id: self.of_named(one.provider, one.origin.facility) for one in visits if one.provider
        }
        # All that is shown is known before any of it is: each says whether others are called the same.
        for entry in entries:
            self.of(entry)
            for addressee in entry.to if isinstance(entry, Order) else ():
                self.of_named(addressee)

    def of(self, entry: Entry) -> Facility | None:
        """The provider of its visit, else whoever stated it; None where nobody says either."""
        found = self._of_visit.get(entry.encounter) if entry.encounter else None
        stating = entry.origin.facility
        return found or (self._facility(self._codes.get(stating, stating)) if stating else None)

    def of_named(self, named: Named, stating: str | None = None) -> Facility | None:
        """Whom a resource means by a facility. stating: code of the facility that stated it.

        By the code of the resource that is referred to; else whoever stated it, where that one is called so,
        or nothing is said; else an Organization by its reference, where the directory or nobody has a name
        for it. What is only called something is the one that bears the name. Where several do, it stays as
        it is called and is none of them.
        """
        reference = named.reference or ""
        name, own = self._called(named) or reference, self._codes.get(stating or "", stating)
        if reference in self._codes:
            return self._facility(self._codes[reference])
        if own and (not name or name == self._names.get(own)):
            return self._facility(own)
        if reference.startswith(ORGANIZATION) and (not named.name or reference in self._names):
            return self._facility(reference)
        return self._facility(self._bearer(name)) if name else None

    def of_sender(self, facility: str, name: str | None = None) -> Facility:
        """A facility as facts name it: by its code, its ``Organization/id``, or what it is called. name:
        where the chart knows none."""
        key = self._bearer(self._codes.get(facility, facility))
        if key not in self._bearers and not key.startswith(ORGANIZATION):
            self._coded.add(key)
        if name:
            self._names.setdefault(key, name)
        return self._facility(key)

    def _facility(self, key: str) -> Facility:
        found = self._known.get(key)
        if found is None:
            name = self._names.get(key, key)
            alike = self._alike.setdefault(name, set())
            alike.add(key)
            vague = len(self._bearers.get(key, ())) > 1
            found = self._known[key] = Facility(key, name, key in self._coded, vague, alike)
        return found

    def _bearer(self, name: str) -> str:
        """The code of the one that is called so; the name itself where it is nobody's or several bear it."""
        bearers = self._bearers.get(name, ())
        return next(iter(bearers)) if len(bearers) == 1 else name

    def _called(self, named: Named) -> str | None:
        return named.name or self._names.get(named.reference or "")

    def _who_bears(self, stated: Mapping[str, Set[Named]]) -> dict[str, set[str]]:
        """name -> codes that may be called so: by the directory, or, where that knows no name, by what all of
        their visits call the provider. Who is alone with that is called so."""
        bearers: dict[str, set[str]] = {}
        for code in self._coded & self._names.keys():
            bearers.setdefault(self._names[code], set()).add(code)
        for reference in self._codes.keys() & self._names.keys():
            bearers.setdefault(self._names[reference], set()).add(self._codes[reference])
        for code, providers in stated.items():
            called = {None if one.reference in self._codes else self._called(one) for one in providers}
            if code not in self._names and len(called) == 1 and (name := called.pop()):
                bearers.setdefault(name, set()).add(code)
        for name, codes in bearers.items():
            if len(codes) == 1:
                self._names.setdefault(next(iter(codes)), name)
        return bearers | {code: {code} for code in self._coded}

    def _own(self, stated: Mapping[str, Set[Named]]) -> dict[str, str]:
        """Codes of references for which the directory has none: whoever states visits at one that is called
        as itself is, or both of whom nobody knows, is that one, if it states no other such, and nobody else
        does. Of whom the directory has a name it has the Organization too: an unknown one is another."""
        pairs = [
            (one.reference, code)
            for code, providers in stated.items()
            for one in providers
            if one.reference
            and one.reference not in self._codes
            and self._called(one) == self._names.get(code)
        ]
        times = Counter(one for pair in pairs for one in pair)
        return {reference: code for reference, code in pairs if times[reference] == times[code] == 1}
