"""What to ask instead, where the sides of a verdict are not clear: each error has a command."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from helper.comparing.agreeing import Agreement, Combination, best
from helper.comparing.comparison import select
from helper.comparing.conditions import condition, joined, separating
from helper.comparing.request import Request
from helper.errors import UsageError
from helper.runs.listing import ListedRun

_MOST_NAMED = 3


class Alternatives:
    """The sides that were asked for, and all of their runs that could be used."""

    def __init__(
        self,
        names: Sequence[str],
        sides: Sequence[Sequence[ListedRun]],
        agreement: Agreement,
        request: Request,
    ) -> None:
        self._names = list(names)
        self._sides = [list(side) for side in sides]
        self._agreement = agreement
        self._request = request

    def command(self, chosen: Combination) -> str:
        """A command that takes this combination; if no conditions tell it from the others, one that
        compares a run of each side."""
        agreement, firsts = self._agreement, [side[0] for side in chosen.sides]
        context = agreement.context(firsts[0])
        others = [r for side in self._sides for r in side if agreement.context(r) != context]
        fields = ["experiment", "data", *agreement.shared]
        where = separating(firsts[0], others, [f for f in fields if f not in agreement.free])
        names = []
        for name, first, side in zip(self._names, firsts, self._sides, strict=True):
            variant = agreement.variant(first)
            others = [
                run
                for run in side
                if agreement.context(run) == context and agreement.variant(run) != variant
            ]
            names.append(joined(name, separating(first, others, agreement.settings)))
        if self._only(names, where, chosen):
            return self._request.verdict(names, where)
        return self._request.verdict([run.name for run in firsts])

    def several(self, found: Sequence[Combination]) -> UsageError:
        """For combinations that are equally good."""
        firsts = [combination.sides[0][0] for combination in found]
        differ = _differing(firsts, self._fields())
        if "experiment" in differ:  # which has settings of its own
            differ = [name for name in differ if all(name in run.fields for run in firsts)]
        about = f": they differ in {', '.join(differ)}" if differ else ""
        return UsageError(
            f"{len(found)} sets of runs are equally good for this verdict{about}; choose one, for "
            f"example: {self.command(found[0])}"
        )

    def uneven(self, chosen: Combination) -> UsageError:
        """For sides of one seed next to sides of several."""
        single = [
            name for name, side in zip(chosen.names, chosen.sides, strict=True) if len(side) == 1
        ]
        return UsageError(
            f"{_few(single)} {_has(single)} one seed only, the others several; without: "
            f"{self._without(single)}"
        )

    def none(self) -> UsageError:
        """For sides whose runs do not agree."""
        both = {run.name for run in self._sides[0]}
        for side in self._sides[1:]:
            both &= {run.name for run in side}
        if both:
            values = self._request.verdict([min(self._agreement.free)])
            return UsageError(f"{min(both)} is on both sides; to compare all values: {values}")
        contexts = [{self._agreement.context(run) for run in side} for side in self._sides]
        most = max(
            dict.fromkeys(context for side in contexts for context in side),
            key=lambda context: sum(context in side for side in contexts),
        )
        missing = [n for n, side in zip(self._names, contexts, strict=True) if most not in side]
        if len(self._names) - len(missing) > 1:
            return UsageError(
                f"{_few(missing)} {_has(missing)} no run that agrees with the others in all other "
                f"settings; without: {self._without(missing)}"
            )
        return self._closest()

    def _closest(self) -> UsageError:
        """For sides no two of which have runs that agree: the runs of the first two that differ in
        the fewest other settings."""
        fields = self._fields()
        # One run for each setting is enough.
        first, second = (
            {self._agreement.variant(run): run for run in side}.values() for side in self._sides[:2]
        )
        pairs = [
            (one, other)
            for one, other in itertools.product(first, second)
            if one.data_sha256 == other.data_sha256
        ]
        if not pairs:
            return UsageError(
                "no verdict can compare these sides: their runs were trained on different data; to "
                f"see what there is: {self._request.table('--group_by=-seed')}"
            )
        pair = min(pairs, key=lambda pair: len(_differing(pair, fields)))
        differ = _differing(pair, fields)
        if not differ:
            return UsageError(
                "no verdict can compare these sides: their runs were tested on different labels; "
                "keep the predictions for the same examples, in the same order"
            )
        names = [
            joined(name, condition({field: run.fields.get(field) for field in differ}))
            for name, run in zip(self._names, pair, strict=False)
        ]
        sides = [select(s, name) for s, name in zip(self._sides, names, strict=False)]
        agreement = Agreement((r for s in sides for r in s), {*self._agreement.free, *differ})
        found = best(agreement.combinations(names, sides))
        command = self._request.verdict([run.name for run in pair])
        if found:
            command = Alternatives(names, sides, agreement, self._request).command(found[0])
        return UsageError(
            f"no runs of both sides agree in all other settings; the closest differ in "
            f"{', '.join(differ)}; to compare these nevertheless: {command}"
        )

    def _without(self, names: Sequence[str]) -> str:
        kept = {n: s for n, s in zip(self._names, self._sides, strict=True) if n not in names}
        if len(kept) < 2:
            return self._request.table("--group_by=-seed")
        found = best(self._agreement.combinations(list(kept), list(kept.values())))
        rest = Alternatives(list(kept), list(kept.values()), self._agreement, self._request)
        return rest.command(found[0])

    def _only(self, names: Sequence[str], where: str, chosen: Combination) -> bool:
        """Whether conditions lead to this combination and to no other that is as good."""
        runs = list({run.name: run for side in self._sides for run in side}.values())
        try:
            runs = select(runs, where) if where else runs
            sides = [select(runs, name) for name in names]
        except UsageError:
            return False
        agreement = Agreement((run for side in sides for run in side), self._agreement.free)
        found = best(agreement.combinations(names, sides))
        return len(found) == 1 and _names(found[0]) == _names(chosen)

    def _fields(self) -> list[str]:
        """What agrees within a combination, as the fields that conditions can name."""
        fields = ["experiment", *self._agreement.shared]
        return [name for name in fields if name not in self._agreement.free]


def _differing(runs: Iterable[ListedRun], fields: Iterable[str]) -> list[str]:
    runs = list(runs)
    return [f for f in fields if any(r.fields.get(f) != runs[0].fields.get(f) for r in runs)]


def _names(combination: Combination) -> list[list[str]]:
    return [sorted(run.name for run in side) for side in combination.sides]


def _few(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _has(names: Sequence[str]) -> str:
    return "has" if len(names) == 1 else "have"
