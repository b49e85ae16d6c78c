"""Statistics that say of everything that it is common."""

from collections.abc import Iterable

from projections.search.frequency import Common


class _Everything(frozenset[int]):
    """Terms."""

    def isdisjoint(self, other: Iterable[object]) -> bool:  # noqa: ARG002
        return False


class _AllCommon(Common):
    """Texts."""

    def is_text(self, folded: str) -> bool:  # noqa: ARG002
        return True

    def is_beginning(self, folded: str) -> bool:  # noqa: ARG002
        return True


ALL_COMMON = _AllCommon(_Everything())
