"""The policy that says what to do about opt-outs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from crawler.politeness.errors import PolitenessError
from crawler.politeness.opt_outs import OptOut, Signal


class Action(StrEnum):
    """The reaction to an opt-out, which is always recorded."""

    NOTE = "note"  # only recorded
    NO_LINKS = "no-links"  # the page's links are not followed
    WITHHOLD = "withhold"  # archived, but not extracted, exported or replayed
    DROP = "drop"  # not archived


@dataclass(frozen=True, slots=True)
class OptOutPolicy:
    """The action for each signal; ``note`` for those not listed."""

    actions: Mapping[Signal, Action]

    @classmethod
    def from_settings(cls, named: Mapping[str, str]) -> "OptOutPolicy":
        """Parse a setting such as ``{"noarchive": "drop"}``. Raises PolitenessError for an unknown name."""
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
        """True if some opt-out keeps a page out of the archive."""
        return Action.DROP in self.actions.values()

    def find(self, found: Sequence[OptOut], action: Action) -> OptOut | None:
        """Return the first opt-out whose action is `action`."""
        return next((one for one in found if self.actions.get(one.signal, Action.NOTE) is action), None)

    def find_withholding(self, found: Sequence[OptOut]) -> OptOut | None:
        """Return the first opt-out that hides a capture from readers.

        An opt-out that drops new pages withholds the captures that are archived already.
        """
        return self.find(found, Action.DROP) or self.find(found, Action.WITHHOLD)
