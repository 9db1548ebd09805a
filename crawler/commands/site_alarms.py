"""``broadsheet site alarms``: show the alarms of sites, and accept the new state."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from crawler.commands import options
from crawler.commands.data_folder import DataFolder
from crawler.commands.exit_codes import SettingsError
from crawler.commands.output import print_json, print_text
from crawler.commands.tables import print_fields
from crawler.drift.alarms import Alarm
from crawler.drift.profile import FieldSample

app = typer.Typer(add_completion=False)


@app.command()
def alarms(
    name: Annotated[str | None, typer.Argument(metavar="[SITE]", help="Show only this site; default all.")] = None,
    accept: Annotated[
        list[int] | None,
        typer.Option(
            "--accept", metavar="N", help="The new state is right: end alarm N, and compare with it from now."
        ),
    ] = None,
    accept_all: Annotated[bool, typer.Option("--accept-all", help="Accept all open alarms of SITE.")] = False,
    past: Annotated[bool, typer.Option("--past", help="Show alarms that have ended, too.")] = False,
    folders: options.Sites = None,
    data: options.Data = options.DATA,
    database: options.Database = None,
    as_json: options.Json = False,
) -> None:
    """Show the open alarms: fields, pages and lists that differ from their own past, with examples."""
    if accept_all and name is None:
        raise SettingsError("--accept-all needs the name of a site")
    if name is not None:
        options.find_site(name, options.load_known_sites(folders))
    with DataFolder(data, database).read_store() as store:
        if accept or accept_all:
            open_ones = {one.id for one in store.drift.alarms(name, only_open=True)}
            if unknown := sorted(set(accept or ()) - open_ones):
                raise SettingsError(f"no open alarm {unknown[0]} — see `broadsheet site alarms`")
            store.drift.accept(sorted(open_ones if accept_all else accept or ()), datetime.now(UTC))
        found = store.drift.alarms_by_site(name, only_open=not past)
    if as_json:
        print_json([{"site": site, **one.as_dict()} for site, one in found])
        return
    for site, one in found:
        print_text(f"\n{site}, alarm {one.id}")
        print_fields(_fields_of(one))
    if not found:
        print_text("no alarms" if past else "no open alarms")
    elif any(one.is_open for _, one in found):
        print_text("\nsee what a page class or site file would change: broadsheet site check --offline SITE")
        print_text("if the new values are right: broadsheet site alarms --accept NUMBER")


def _fields_of(alarm: Alarm) -> list[tuple[str, str]]:
    detail = alarm.detail
    return [
        (alarm.subject, "\n".join(detail.signs)),
        ("since", f"{alarm.since:%Y-%m-%d %H:%M} UTC"),
        *([("before", _list_samples(detail.before))] if detail.before else []),
        *([("now", _list_samples(detail.now))] if detail.now else []),
        *([("ended", f"{alarm.ended:%Y-%m-%d %H:%M} UTC: {alarm.ending}")] if alarm.ended else []),
    ]


def _list_samples(samples: list[FieldSample]) -> str:
    return "\n".join(f"{one.url}: {one.value or '(none)'}" for one in samples)
