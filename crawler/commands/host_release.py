"""Releases a host from its pause, back-off and waits for robots.txt, after an error at the portal or of a clock."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from crawler.commands.exit_codes import CommandError
from crawler.commands.times import format_time
from crawler.politeness.delays import HostThrottle
from crawler.politeness.host_states import SharedRobotsStates, SharedThrottles
from crawler.politeness.keys import politeness_key
from crawler.store import Store


@dataclass(frozen=True, slots=True)
class HostRelease:
    """The holds of `host`, a politeness key, that were ended: one line each."""

    host: str
    ended: tuple[str, ...]


def release_host(store: Store, host: str, servers: Mapping[str, str], now: float) -> HostRelease:
    """End the holds of `host`: a host name, a URL, or a politeness key as the report shows it.

    Raises CommandError if nothing is stored about it, PolitenessError if it is not a host.
    """
    is_key = store.hosts.get_state(host) is not None
    key = host if is_key else politeness_key(host if "://" in host else f"http://{host}/", servers)
    origins = [origin for origin in store.hosts.list_origins() if politeness_key(origin, servers) == key]
    if store.hosts.get_state(key) is None and not origins:
        raise CommandError(f"nothing is stored about {key} — `broadsheet politeness` lists the hosts")
    ended = [*_release_throttle(store, key, now), *_release_robots(store, origins, now)]
    if store.hosts.end_stale_lease(key, now=now):
        ended.append("lease of a crawl that died")
    return HostRelease(key, tuple(ended))


def _release_throttle(store: Store, key: str, now: float) -> list[str]:
    throttles = SharedThrottles(store.hosts)
    # Exactly what is stored: an impossible time is to be removed too.
    throttle = _read_stored(store, key)
    if throttle is None:
        return []
    ended = []
    if throttle.paused_until > now:
        ended.append(f"pause until {_format_epoch(throttle.paused_until)}: {throttle.cause}")
    if throttle.slowdown > 1:
        ended.append(f"delays {throttle.slowdown:g} times as long, after errors")
    if throttle.last_end is not None and throttle.last_end > now:
        ended.append(f"last response at {_format_epoch(throttle.last_end)}, in the future")
    throttles.change(key, lambda stored: stored.without_impossible_times(now).released())
    return ended


def _read_stored(store: Store, key: str) -> HostThrottle | None:
    text = store.hosts.get_state(key)
    return None if text is None else HostThrottle.from_dict(json.loads(text))


def _release_robots(store: Store, origins: list[str], now: float) -> list[str]:
    states, ended = SharedRobotsStates(store.hosts), []
    for origin in origins:
        state = states.get(origin)
        if state.due_at > now:
            states.put(state.released())
        if state.due_at > now and state.failing_since is not None:
            ended.append(f"robots.txt of {origin}, next request at {_format_epoch(state.due_at)}: {state.cause}")
    return ended


def _format_epoch(seconds: float) -> str:
    return f"{format_time(datetime.fromtimestamp(seconds, UTC))} UTC"
