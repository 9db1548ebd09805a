"""Alarms: when one is raised, and when it ends."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, tzinfo
from typing import Any

from msgspec import Struct

from crawler.drift.compare import PAGES, DriftWindow, find_examples, find_signs, windows
from crawler.drift.limits import Limits
from crawler.drift.profile import Batch, FieldSample
from crawler.drift.quiet import Rhythm, find_silence

#: The ways in which an alarm ends: the values are as before, or a person accepted that they are different now.
RETURNED, ACCEPTED = "returned", "accepted"


class AlarmDetail(Struct, frozen=True):
    """The content of an alarm: its signs in words, and examples of values before and now."""

    signs: list[str]
    before: list[FieldSample] = []
    now: list[FieldSample] = []


class Alarm(Struct, frozen=True, kw_only=True):
    """A change of a site. `subject` is the field, ``pages``, or the URL of a list.

    `since` is the start of the first visit that was different, `raised` that of the visit that noticed it. `notified`
    is the time at which the alarm command accepted it. `id` is its number in the store.
    """

    subject: str
    since: datetime
    raised: datetime
    detail: AlarmDetail
    ended: datetime | None = None
    ending: str | None = None
    notified: datetime | None = None
    id: int = 0

    @property
    def is_open(self) -> bool:
        """True until the values have returned, or were accepted."""
        return self.ended is None

    @property
    def text(self) -> str:
        """The alarm in one line."""
        return f"{self.subject}: {'; '.join(self.detail.signs)}"

    @property
    def example(self) -> str | None:
        """One article's value now, and its own before, or else another article's."""
        before, now = self.detail.before[:1], self.detail.now[:1]
        if not now:
            return None
        was = f"“{before[0].value or ''}”" if before else ""
        if before and before[0].url != now[0].url:
            was = f"{was} at {before[0].url}"
        return f"{now[0].url}: “{now[0].value or ''}”{', before ' if was else ''}{was}"

    def as_dict(self) -> dict[str, Any]:
        """Return the alarm as JSON-ready values."""
        return {
            "id": self.id,
            "subject": self.subject,
            "since": self.since.isoformat(),
            "raised": self.raised.isoformat(),
            "text": self.text,
            "signs": self.detail.signs,
            "example": self.example,
            "before": [{"url": one.url, "value": one.value} for one in self.detail.before],
            "now": [{"url": one.url, "value": one.value} for one in self.detail.now],
            "ended": self.ended.isoformat() if self.ended else None,
            "ending": self.ending,
        }


class Review(Struct, frozen=True):
    """The result of a review: alarms to raise, and open ones whose values have returned."""

    raised: list[Alarm]
    returned: list[Alarm]


def review_articles(batches: Sequence[Batch], alarms: Sequence[Alarm], now: datetime, limits: Limits) -> Review:
    """Compare the latest batches of a site with its past. `alarms` are all of the site, `now` is the visit's start."""
    raised: list[Alarm] = []
    returned: list[Alarm] = []
    for subject in (*limits.fields, PAGES):
        own = [one for one in alarms if one.subject == subject]
        current = next((one for one in own if one.is_open), None)
        counted = [batch for batch in batches if _is_counted(batch.opened, own)]
        if current is None:
            if alarm := _find_alarm(subject, counted, now, limits):
                raised.append(alarm)
        elif _has_returned(subject, current, counted, limits):
            returned.append(current)
    return Review(raised, returned)


def review_lists(
    rhythms: Mapping[str, Rhythm], alarms: Sequence[Alarm], now: datetime, zone: tzinfo, limits: Limits
) -> Review:
    """Find the lists that have gone quiet, and those that have news again or are no longer read."""
    raised: list[Alarm] = []
    known = {*limits.fields, PAGES, *rhythms}
    returned = [one for one in alarms if one.is_open and one.subject not in known]
    for url, rhythm in rhythms.items():
        own = [one for one in alarms if one.subject == url]
        current = next((one for one in own if one.is_open), None)
        if current is not None:
            started = current.raised.astimezone(zone).date()
            if any(number for day, number in rhythm.items() if day >= started):
                returned.append(current)
            continue
        silence = find_silence(rhythm, limits, lambda day, own=own: _is_day_counted(day, own, zone))  # type: ignore[misc]
        if silence:
            since = datetime(silence.since.year, silence.since.month, silence.since.day, tzinfo=zone)
            text = limits.quiet.text.format(since=silence.since, days=silence.days, rate=f"{silence.rate:.2g}")
            raised.append(Alarm(subject=url, since=since, raised=now, detail=AlarmDetail([text])))
    return Review(raised, returned)


def _find_alarm(subject: str, batches: Sequence[Batch], now: datetime, limits: Limits) -> Alarm | None:
    for compared in windows(batches, limits):
        if signs := find_signs(subject, compared, limits):
            before, latest = find_examples(subject, compared, signs)
            detail = AlarmDetail([one.text for one in signs], before, latest)
            return Alarm(subject=subject, since=compared.latest[0].opened, raised=now, detail=detail)
    return None


def _has_returned(subject: str, alarm: Alarm, batches: Sequence[Batch], limits: Limits) -> bool:
    """True if the latest articles are as those before the alarm."""
    past = [batch for batch in batches if batch.opened < alarm.since]
    since = [batch for batch in batches if batch.opened >= alarm.since]
    latest = next(windows(since, limits), None)
    return latest is not None and not find_signs(subject, DriftWindow(past, latest.latest), limits, is_calm=True)


def _is_counted(opened: datetime, alarms: Sequence[Alarm]) -> bool:
    """True if a batch belongs to the site's past: not during an earlier alarm, nor before one that was accepted."""
    for alarm in alarms:
        if alarm.ending == ACCEPTED and opened < alarm.since:
            return False
        if alarm.ending == RETURNED and alarm.ended and alarm.since <= opened < alarm.ended:
            return False
    return True


def _is_day_counted(day: date, alarms: Sequence[Alarm], zone: tzinfo) -> bool:
    """The same for a day of a list. The last day with news before the silence counts."""
    for alarm in alarms:
        since = alarm.since.astimezone(zone).date()
        if alarm.ending == ACCEPTED and alarm.ended and day <= alarm.ended.astimezone(zone).date():
            return False
        if alarm.ending == RETURNED and alarm.ended and since < day < alarm.ended.astimezone(zone).date():
            return False
    return True
