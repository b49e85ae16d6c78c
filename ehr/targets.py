"""Which resource each change of a request is about, and whether it will be stated."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from ehr.appending import Criteria, Head, Resolved
from ehr.errors import Contradiction, IdTaken, NotUnique, TooMany, VersionConflict
from ehr.requests import Change
from ehr.values import Key, new_id

MOST_DELETED = 1_000
"""Resources that one conditional delete takes away. All of it is one transaction."""

NOBODY = UUID(int=0)
NEVER_STATED = Head(NOBODY, NOBODY, 0, True, b"")


class Target(NamedTuple):
    """The resource of a change. head: what the record knows of it. write: whether a version is made."""

    change: Change
    key: Key
    head: Head
    write: bool


def find_targets(changes: Iterable[Change], resolved: Resolved) -> list[list[Target]]:
    """The targets of each change, in order: one, or of a delete of all that match as many as there are.

    Raises a Refusal that names the entry.
    """
    created: dict[Criteria, Target] = {}
    found: list[list[Target]] = []
    for change in changes:
        if change.several and change.condition:
            found.append(_all_matches(change, resolved.matches[change.condition], resolved))
            continue
        target = _find[change.action](change, resolved, created)
        if change.action != "delete" and change.condition:
            created.setdefault(change.condition, target)
        found.append([target])
    _refuse_overlaps([target for targets in found for target in targets])
    return found


def _of_create(change: Change, resolved: Resolved, created: Mapping[Criteria, Target]) -> Target:
    """https://hl7.org/fhir/R4/http.html#ccreate"""
    match = _only_match(change, resolved)
    if match:
        return _target(change, match, resolved, write=False)
    if change.condition and change.condition in created:
        return created[change.condition]._replace(change=change, write=False)
    return Target(change, Key(change.type, new_id()), NEVER_STATED, True)


def _of_update(change: Change, resolved: Resolved, created: Mapping[Criteria, Target]) -> Target:
    if change.condition in created:
        raise _same(change)
    if change.condition:
        target = _of_conditional_update(change, resolved)
    else:
        target = _target(change, str(change.id), resolved, write=True)
    _check_version(target)
    return target


def _of_conditional_update(change: Change, resolved: Resolved) -> Target:
    """https://hl7.org/fhir/R4/http.html#cond-update; that what matches nothing overwrites nothing was said
    later, in https://hl7.org/fhir/R5/http.html#cond-update."""
    id_ = change.json.get("id") if change.json else None
    match = _only_match(change, resolved)
    if match and id_ not in (None, match):
        raise Contradiction("The id of the resource is not the id of the match.", entry=change.index)
    target = _target(change, str(match or id_ or new_id()), resolved, write=True)
    if not match and not target.head.deleted:
        raise IdTaken(entry=change.index)
    return target


def _of_delete(change: Change, resolved: Resolved, _: Mapping[Criteria, Target]) -> Target:
    """https://hl7.org/fhir/R4/http.html#3.1.0.7.1"""
    id_ = change.id or _only_match(change, resolved)
    target = _target(change, id_ or "", resolved, write=True)
    _check_version(target)
    return target._replace(write=not target.head.deleted)


def _all_matches(change: Change, ids: Sequence[str], resolved: Resolved) -> list[Target]:
    """https://hl7.org/fhir/R4/http.html#3.1.0.7.1"""
    if len(ids) > MOST_DELETED:
        raise TooMany(f"At most {MOST_DELETED}; nothing was deleted.", entry=change.index)
    found = [_target(change, id_, resolved, write=True) for id_ in ids]
    return [target._replace(write=not target.head.deleted) for target in found]


_find = {"create": _of_create, "update": _of_update, "delete": _of_delete}


def _target(change: Change, id_: str, resolved: Resolved, *, write: bool) -> Target:
    key = Key(change.type, id_)
    return Target(change, key, resolved.heads.get(key, NEVER_STATED), write)


def _only_match(change: Change, resolved: Resolved) -> str | None:
    ids = resolved.matches[change.condition] if change.condition else ()
    if len(ids) > 1:
        raise NotUnique(entry=change.index)
    return ids[0] if ids else None


def _check_version(target: Target) -> None:
    wanted = target.change.if_match
    if wanted is not None and (target.head.deleted or target.head.version != wanted):
        raise VersionConflict(entry=target.change.index)


def _refuse_overlaps(targets: list[Target]) -> None:
    """https://hl7.org/fhir/R4/http.html#trules: a transaction names a resource once, and what it deletes
    cannot be what it finds."""
    seen: set[Key] = set()
    for target in targets:
        if target.write and target.key in seen:
            raise _same(target.change)
        if target.write:
            seen.add(target.key)
    deleted = {target.key for target in targets if target.change.action == "delete"}
    for target in targets:
        if target.change.action == "create" and target.key in deleted:
            raise _same(target.change)


def _same(change: Change) -> Contradiction:
    return Contradiction("Two entries are about the same resource.", entry=change.index)
