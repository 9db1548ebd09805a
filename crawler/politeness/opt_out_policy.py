"""What is done about the wishes that pages, headers and hosts' files state."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from crawler.politeness.errors import PolitenessError
from crawler.politeness.opt_outs import OptOut, Signal


class Action(StrEnum):
    """What is done where a wish is found; it is always recorded."""

    NOTE = "note"  # recorded, nothing else
    NO_LINKS = "no-links"  # the page's links are not followed
    WITHHOLD = "withhold"  # kept, but not read into items, exported or replayed
    DROP = "drop"  # not kept


@dataclass(frozen=True, slots=True)
class OptOutPolicy:
    """What is done about each signal; ``note`` for those not named."""

    actions: Mapping[Signal, Action]

    @classmethod
    def from_settings(cls, named: Mapping[str, str]) -> "OptOutPolicy":
        """The policy of a setting such as ``{"noarchive": "drop"}``. Raises PolitenessError naming what is wrong."""
        actions = {}
        for signal, action in named.items():
            try:
                actions[Signal(signal)] = Action(action)
            except ValueError as error:
                raise PolitenessError(
                    f"OPT_OUT_POLICY[{signal!r}] = {action!r} cannot be used: {error}; "
                    f"signals are {', '.join(Signal)}, actions {', '.join(Action)}"
                ) from error
        return cls(actions)

    @property
    def may_drop(self) -> bool:
        """Whether there is a wish that keeps a page out of the archive."""
        return Action.DROP in self.actions.values()

    def find(self, found: Sequence[OptOut], action: Action) -> OptOut | None:
        """The first wish of `found` that `action` is taken on."""
        return next((one for one in found if self.actions.get(one.signal, Action.NOTE) is action), None)

    def find_withholding(self, found: Sequence[OptOut]) -> OptOut | None:
        """The first wish that keeps a capture from readers: one that is dropped when met is withheld when held."""
        return self.find(found, Action.DROP) or self.find(found, Action.WITHHOLD)
