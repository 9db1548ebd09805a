"""Replay, tested with the requests of browsers and Memento clients."""

import gzip
import random
from datetime import UTC, datetime

import pytest

from archive import Block, Capture, Index
from archive.replay import Replay

PAGE = "http://news.test/a/1.html"


def test_capture_is_shown_at_its_exact_time(keep, ask):
    keep("20260522120000", PAGE, '<p>Morning <a href="2.html">next</a>')
    keep("20260523120000", PAGE, "<p>Evening")
    assert ask(f"20260522120000/{PAGE}").text == (
        '<html><head></head><body><p>Morning <a href="/replay/20260522120000/http://news.test/a/2.html">next</a>'
        "</p></body></html>"
    )
    closest = ask(f"20260522190000/{PAGE}")
    assert (closest.status, closest.headers["location"]) == (302, f"/replay/20260522120000/{PAGE}")
    assert ask(f"2027/{PAGE}").headers["location"] == f"/replay/20260523120000/{PAGE}"
    assert ask(f"20260522120000mp_/{PAGE}").text.count('href="/view/20260522120000/') == 1


def test_query_and_escapes_of_an_address_are_preserved(keep, ask):
    url = "http://news.test/s%20x?q=%E4%B8%AD&b=a%2Fb"
    keep("20260522120000", url, "found")
    assert ask(f"20260522120000/{url}").status == 200
    assert ask(f"20260522120000/{url.replace('//', '/')}").status == 200, "a proxy that merges two slashes"


def test_memento_headers_and_timemap(keep, ask):
    for day in (21, 22, 23):
        keep(f"202605{day}120000", PAGE, f"day {day}")
    shown = ask(f"20260522120000/{PAGE}")
    assert shown.headers["memento-datetime"] == "Fri, 22 May 2026 12:00:00 GMT"
    root = "http://desk.localhost:8000/replay"
    assert shown.headers["link"].split(", <") == [
        f'<{PAGE}>; rel="original"',
        f'{root}/{PAGE}>; rel="timegate"',
        f'{root}/timemap/link/{PAGE}>; rel="timemap"; type="application/link-format"',
        f'{root}/20260521120000/{PAGE}>; rel="first prev memento"; datetime="Thu, 21 May 2026 12:00:00 GMT"',
        f'{root}/20260522120000/{PAGE}>; rel="memento"; datetime="Fri, 22 May 2026 12:00:00 GMT"',
        f'{root}/20260523120000/{PAGE}>; rel="last next memento"; datetime="Sat, 23 May 2026 12:00:00 GMT"',
    ]
    timemap = ask(f"timemap/link/{PAGE}")
    assert timemap.headers["content-type"].startswith("application/link-format")
    assert timemap.text.count('memento"; datetime=') == 3
    assert 'rel="first memento"' in timemap.text
    assert 'from="Thu, 21 May 2026 12:00:00 GMT"; until="Sat, 23 May 2026 12:00:00 GMT"' in timemap.text


def test_timegate_links_to_the_closest_capture(keep, ask):
    """pywb as a client of Memento reads the link, not the redirect."""
    for day in (21, 22, 23):
        keep(f"202605{day}120000", PAGE, f"page of day {day}")
    gate = ask(PAGE, accept_datetime="Fri, 22 May 2026 13:00:00 GMT")
    assert 'rel="prev next memento"' not in gate.headers["link"]
    assert f'/20260522120000/{PAGE}>; rel="memento"' in gate.headers["link"]


def test_raw_capture_has_links_to_the_others(keep, ask):
    """The package `wayback` reads them."""
    for day in (21, 22):
        keep(f"202605{day}120000", PAGE, f"page of day {day}")
    link = ask(f"20260521120000id_/{PAGE}").headers["link"]
    assert f'<{PAGE}>; rel="original"' in link
    assert 'rel="next last memento"' in link or 'rel="last next memento"' in link


@pytest.mark.parametrize("address", ["http%3A//news.test/a%3Fb=c", "http%3A%2F%2Fnews.test%2Fa%3Fb%3Dc"])
def test_wholly_encoded_urls_are_found(keep, ask, address):
    """cdx_toolkit encodes the whole URL."""
    keep("20260522120000", "http://news.test/a?b=c", "found")
    assert "found" in ask(f"20260522120000/{address}").text


def test_timegate_redirects_to_the_closest_capture(keep, ask):
    keep("20260521120000", PAGE, "old")
    keep("20260523120000", PAGE, "new")
    gate = ask(PAGE, accept_datetime="Thu, 21 May 2026 20:00:00 GMT")
    assert (gate.status, gate.headers["location"]) == (302, f"/replay/20260521120000/{PAGE}")
    assert gate.headers["vary"] == "accept-datetime"
    assert ask(PAGE).headers["location"] == f"/replay/20260523120000/{PAGE}"
    assert ask(PAGE, accept_datetime="the day before").status == 400


def test_revisit_shows_its_original(keep, ask, collection):
    keep("20260521120000", PAGE, "<p>the same words" * 99)
    keep("20260523120000", PAGE, "<p>the same words" * 99)
    assert [one.mime for one in collection.index.captures(PAGE)] == ["text/html", "warc/revisit"]
    assert "the same words" in ask(f"20260523120000/{PAGE}").text


def test_bodies_are_decoded_and_sent_as_utf8(keep, ask):
    packed = gzip.compress("<p>高原新闻<a href='/s?q=中'>x</a>".encode("gb18030"))
    keep("20260521120000", PAGE, packed, "Content-Type: text/html; charset=gb2312", "Content-Encoding: gzip")
    shown = ask(f"20260521120000/{PAGE}")
    assert "高原新闻" in shown.text
    assert "/replay/20260521120000/http://news.test/s?q=%D6%D0" in shown.text, "queries are in the page's encoding"
    assert shown.headers["content-type"] == "text/html; charset=utf-8"
    assert "content-encoding" not in shown.headers


@pytest.mark.parametrize(
    ("modifier", "content_type", "body", "shown_as"),
    [
        ("im_", "image/png", b"\x89PNG\r\n\x1a\n", "image/png"),
        ("im_", "text/html", b"\x89PNG\r\n\x1a\n", "image/png"),
        ("im_", "image/svg+xml", b"<svg><script>x</script></svg>", "image/svg+xml"),
        ("", "image/svg+xml", b"<svg><script>x</script></svg>", "text/html; charset=utf-8"),
        ("cs_", "text/css", b"p{background:url(a.png)}", "text/css; charset=utf-8"),
        ("oe_", "application/javascript", b"alert(1)", "text/plain; charset=utf-8"),
        ("", "application/javascript", b"alert(1)", "text/plain; charset=utf-8"),
        ("", "text/xml", b"<?xml-stylesheet href='x'?><a/>", "text/plain; charset=utf-8"),
        ("", "application/pdf", b"%PDF-1.4", "application/pdf"),
        ("", "application/pdf", b"<p>script", "application/octet-stream"),
        ("", "video/mp4", b"film", "video/mp4"),
        ("js_", "application/javascript", b"alert(1)", "text/plain; charset=utf-8"),
    ],
)
def test_body_is_served_with_a_safe_media_type(keep, ask, modifier, content_type, body, shown_as):
    keep("20260521120000", PAGE, body, f"Content-Type: {content_type}")
    shown = ask(f"20260521120000{modifier}/{PAGE}")
    assert shown.headers["content-type"] == shown_as
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert b"script" not in shown.body or modifier == "im_" or content_type == "application/pdf"


def test_security_headers_allow_no_scripts(keep, ask):
    keep("20260521120000", PAGE, "<script>x</script>")
    policy = ask(f"20260521120000/{PAGE}").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert policy.endswith("; sandbox")
    assert "http://desk.localhost:8000/replay/" in policy
    assert ask(f"20260521120000/{PAGE}", service_worker="script").status == 403
    assert ask(f"20260521120000/{PAGE}", method="POST").status == 405


def test_redirects_lead_to_replay_addresses(keep, ask):
    keep("20260521120000", PAGE, "", "Location: /b/2.html", status=301)
    moved = ask(f"20260521120000mp_/{PAGE}")
    assert (moved.status, moved.headers["location"]) == (301, "/replay/20260521120000mp_/http://news.test/b/2.html")
    keep("20260521120000", "http://news.test/x", "", "Location: javascript:alert(1)", status=302)
    assert ask("20260521120000/http://news.test/x").status == 404


def test_redirect_to_the_same_url_key_does_not_loop(keep, ask):
    keep("20260521120000", "http://news.test/", "", "Location: https://www.news.test/", status=301)
    keep("20260521120001", "https://www.news.test/", "<p>home")
    moved = ask("20260521120000/http://news.test/")
    assert moved.headers["location"] == "/replay/20260521120001/https://www.news.test/"
    keep("20260621120000", "http://same.test/", "", "Location: https://same.test/", status=301)
    keep("20260621120000", "https://same.test/", "<p>in the same second")
    assert "in the same second" in ask("20260621120000/http://same.test/").text


def test_missing_page_lists_captures_from_the_same_folder(keep, ask):
    keep("20260521120000", PAGE, "one")
    missing = ask("20260521120000/http://news.test/a/9.html")
    assert missing.status == 404
    assert f"/replay/20260521120000/{PAGE}" in missing.text
    assert ask("20260521120000im_/http://news.test/a/9.png").body == b"Not in the archive\n"
    assert ask("20261399999999/http://news.test/a/9.html").status == 404
    assert ask("").status == ask("*/").status == ask("20260521120000/").status == 404


def test_captures_of_a_page_are_listed(keep, ask):
    keep("20260521120000", PAGE, "one")
    keep("20260523120000", PAGE, "gone", status=410)
    listed = ask(f"*/{PAGE}").text
    assert "2 captures" in listed
    assert listed.index("20260521120000") < listed.index("20260523120000")
    assert ask(f"20260523120000/{PAGE}").status == 410, "a page that was gone is shown with its status"


def test_withheld_captures_are_not_shown(keep, ask, collection):
    keep("20260521120000", PAGE, "secret")
    keep("20260521120000", "http://news.test/a/2.html", "open")
    replay = Replay(collection, decode=lambda body, _: (body.decode(), "utf-8"), is_withheld=lambda url: url == PAGE)
    for path in (f"20260521120000/{PAGE}", f"20260521120000im_/{PAGE}", f"*/{PAGE}", PAGE, f"timemap/link/{PAGE}"):
        hidden = ask(path, replay=replay)
        assert hidden.status == 404, path
        assert "secret" not in hidden.text
    assert PAGE not in ask("2026/http://news.test/a/3.html", replay=replay).text
    assert ask("20260521120000/http://news.test/a/2.html", replay=replay).status == 200


def test_unreadable_record_is_a_clear_error_page(keep, ask, collection):
    keep("20260521120000", PAGE, "one")
    file = next(collection.warc_folder.iterdir())
    file.write_bytes(b"\0" * file.stat().st_size)
    assert ask(f"20260521120000/{PAGE}").status == 502


def test_large_body_is_streamed_and_large_page_is_refused(keep, ask):
    keep("20260521120000", "http://news.test/film.mp4", b"x" * (5 << 20), "Content-Type: video/mp4")
    film = ask("20260521120000oe_/http://news.test/film.mp4")
    assert (film.headers["content-length"], len(film.body)) == (str(5 << 20), 5 << 20)
    keep("20260521120000", PAGE, b"x" * (17 << 20))
    assert "larger than" in ask(f"20260521120000/{PAGE}").text


def spoil(collection, entry):
    """Overwrite the middle of a record."""
    path = collection.warc_folder / entry.file
    data = bytearray(path.read_bytes())
    middle = entry.offset + entry.length // 2
    data[middle : middle + 8] = bytes(8)
    path.write_bytes(data)


@pytest.fixture
def collection_of_three(collection):
    """Three captures, each in a file of its own; that in the middle cannot be read."""
    for day in (21, 22, 25):
        with collection.writer(f"day{day}", {}) as writer:
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n"
            when = datetime(2026, 5, day, 12, tzinfo=UTC)
            response = Block(head + b"<p>day %d" % day + random.Random(day).randbytes(300).hex().encode())
            writer.write(Capture(url=PAGE, started_at=when, request=b"GET / HTTP/1.1\r\n\r\n", response=response))
    spoil(collection, collection.index.captures(PAGE)[1])
    return collection


@pytest.mark.usefixtures("collection_of_three")
def test_damaged_capture_leads_to_the_nearest_readable_one(ask, caplog):
    moved = ask(f"20260522120000/{PAGE}")
    assert (moved.status, moved.headers["location"]) == (302, f"/replay/20260521120000/{PAGE}")
    assert "skipped: day22-" in caplog.text
    framed = ask(f"20260522120000mp_/{PAGE}")
    assert framed.status == 502
    assert f'href="/view/20260521120000/{PAGE}"' in framed.text


def test_intact_copy_is_shown_in_place_of_a_damaged_one(collection_of_three, ask):
    collection = collection_of_three
    damaged = collection.index.captures(PAGE)[1]
    with collection.writer("zcopy", {}) as writer:
        response = Block(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>copy")
        writer.write(Capture(url=PAGE, started_at=damaged.date, request=b"", response=response))
    assert "copy" in ask(f"20260522120000/{PAGE}").text


def test_page_view_reads_only_the_neighbours_of_a_capture(keep, ask, monkeypatch):
    for minute in range(40):
        keep(f"202605211200{minute:02}", PAGE, f"minute {minute}")
    monkeypatch.delattr(Index, "captures")
    links = ask(f"20260521120020/{PAGE}").headers["link"]
    assert [link.partition('rel="')[2].partition('"')[0] for link in links.split(", <")][3:] == [
        "first memento",
        "prev memento",
        "memento",
        "next memento",
        "last memento",
    ]
    assert ask(PAGE).status == 302


FILM = "http://news.test/film.mp4"
FILM_BYTES = bytes(range(256)) * 40


@pytest.fixture
def film(keep, ask):
    """Return a function that requests a captured film, or a part of it."""
    keep("20260521120000", FILM, FILM_BYTES, "Content-Type: video/mp4")
    return lambda **headers: ask(f"20260521120000oe_/{FILM}", **headers)


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, 10240),
        ("bytes=-40", 10200, 10240),
        ("bytes=10239-99999", 10239, 10240),
    ],
)
def test_part_of_a_film_is_sent_so_that_players_can_seek(film, asked, start, end):
    part = film(range=asked)
    assert (part.status, part.body) == (206, FILM_BYTES[start:end])
    assert part.headers["content-range"] == f"bytes {start}-{end - 1}/10240"
    assert part.headers["content-length"] == str(end - start)


@pytest.mark.parametrize("asked", ["bytes=x", "lines=0-5", "bytes=9-3", "bytes=-", "bytes=0-,0-,0-"])
def test_range_that_makes_no_sense_is_ignored(film, asked):
    whole = film(range=asked)
    assert (whole.status, len(whole.body), whole.headers["accept-ranges"]) == (200, 10240, "bytes")


def test_several_ranges_are_sent_as_parts(film):
    parts = film(range="bytes=0-1, 100-103")
    kind, _, boundary = parts.headers["content-type"].partition("; boundary=")
    assert (parts.status, kind) == (206, "multipart/byteranges")
    sections = parts.body.split(f"\r\n--{boundary}".encode())
    assert [section.partition(b"\r\n\r\n")[2] for section in sections[1:-1]] == [b"\x00\x01", bytes(range(100, 104))]
    assert b"Content-Range: bytes 100-103/10240" in sections[2]
    assert parts.headers["content-length"] == str(len(parts.body))


def test_range_beyond_the_end_or_of_another_version_is_not_sent(film):
    beyond = film(range="bytes=10240-")
    assert (beyond.status, beyond.headers["content-range"]) == (416, "bytes */10240")
    tag = film().headers["etag"]
    assert film(range="bytes=0-0", if_range=tag).status == 206
    assert film(range="bytes=0-0", if_range='"other"').status == 200


def test_large_film_is_streamed_in_parts(keep, ask):
    body = bytes(5 << 20) + b"the end"
    keep("20260521120000", FILM, body, "Content-Type: video/mp4")
    part = ask(f"20260521120000oe_/{FILM}", range=f"bytes={len(body) - 7}-")
    assert part.body == b"the end"
    assert ask(f"20260521120000oe_/{FILM}", range="bytes=1-").body == body[1:]


def test_captured_part_is_not_sent_as_the_whole(keep, ask):
    keep(
        "20260521120000", FILM, b"0123456789", "Content-Type: video/mp4", "Content-Range: bytes 100-109/500", status=206
    )
    path = f"20260521120000oe_/{FILM}"
    part = ask(path)
    assert (part.status, part.headers["content-range"]) == (206, "bytes 100-109/500")
    assert ask(path, range="bytes=105-300").headers["content-range"] == "bytes 105-109/500"
    assert ask(path, range="bytes=0-50").status == 416
    whole = "http://news.test/whole.mp4"
    keep("20260521120000", whole, b"0123456789", "Content-Type: video/mp4", "Content-Range: bytes 0-9/10", status=206)
    assert ask(f"20260521120000oe_/{whole}").status == 200


def test_raw_capture_has_the_bytes_and_headers_as_received(keep, ask):
    packed = gzip.compress(b"<script>x</script>")
    keep("20260521120000", PAGE, packed, "Content-Type: text/html; charset=gbk", "Content-Encoding: gzip",
         "Set-Cookie: a=b", "Set-Cookie: c=d", "Content-Security-Policy: script-src *")  # fmt: skip
    raw = ask(f"20260521120000id_/{PAGE}", accept_encoding="gzip, br")
    assert (raw.body, raw.headers["content-encoding"]) == (packed, "gzip")
    assert raw.headers["content-type"] == "text/html; charset=gbk"
    assert raw.headers["x-archive-orig-set-cookie"] == "a=b, c=d"
    assert "set-cookie" not in raw.headers
    assert raw.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert raw.headers["content-disposition"] == "attachment", "a browser saves it and requests nothing"
    assert raw.headers["memento-datetime"] == "Thu, 21 May 2026 12:00:00 GMT"
    plain = ask(f"20260521120000id_/{PAGE}", accept_encoding="identity")
    assert plain.body == b"<script>x</script>"
    assert "content-encoding" not in plain.headers


def test_raw_capture_with_a_wrong_coding_is_sent_without_it(keep, ask):
    keep("20260521120000", PAGE, "<p>plain", "Content-Type: text/html", "Content-Encoding: gzip")
    raw = ask(f"20260521120000id_/{PAGE}")
    assert raw.text == "<p>plain"
    assert "content-encoding" not in raw.headers
    assert raw.headers["x-archive-orig-content-encoding"] == "gzip"


def test_raw_redirect_leads_to_a_raw_capture(keep, ask):
    keep("20260521120000", PAGE, "", "Location: /b/2.html", status=301)
    moved = ask(f"20260521120000id_/{PAGE}")
    assert moved.headers["location"] == "/replay/20260521120000id_/http://news.test/b/2.html"


@pytest.mark.parametrize("modifier", ["js_", "fw_", "tf_", "bn_", "wb_", "vi_", "hd_"])
def test_modifiers_of_other_archives_are_accepted(keep, ask, modifier):
    keep("20260521120000", PAGE, "<p>shown<script>f()</script>")
    shown = ask(f"20260521120000{modifier}/{PAGE}")
    assert shown.status == 200
    assert "shown" in shown.text
    assert "sandbox" in shown.headers["content-security-policy"]


def test_redirect_to_itself_is_refused(keep, ask):
    keep("20260521120000", PAGE, "", f"Location: {PAGE}", status=302)
    assert ask(f"20260521120000/{PAGE}").status == 404


@pytest.mark.parametrize("captured", ["http://news.test/%E9%AB%98.html", "http://news.test/%B8%DF.html"])
def test_location_in_gbk_leads_to_the_captured_page(keep, ask, collection, captured):
    head = b"HTTP/1.1 302 Found\r\nLocation: /" + "高".encode("gbk") + b".html\r\n\r\n"
    keep("20260521120000", captured, "<p>high")
    with collection.writer("other", {}) as writer:
        when = datetime(2026, 5, 21, 12, tzinfo=UTC)
        writer.write(Capture(url=PAGE, started_at=when, request=b"GET / HTTP/1.1\r\n\r\n", response=Block(head)))
    assert ask(f"20260521120000/{PAGE}").headers["location"] == f"/replay/20260521120000/{captured}"


def test_page_of_choices_is_shown(keep, ask):
    keep("20260521120000", PAGE, '<a href="one.html">one</a>', status=300)
    shown = ask(f"20260521120000/{PAGE}")
    assert (shown.status, "one.html" in shown.text) == (200, True)


def test_last_and_first_dates_are_accepted(keep, ask):
    keep("20260521120000", PAGE, "one")
    for date in ("Fri, 31 Dec 9999 23:59:59 -0800", "Mon, 01 Jan 0001 00:00:00 +0800"):
        assert ask(PAGE, accept_datetime=date).headers["location"] == f"/replay/20260521120000/{PAGE}"
    for digits in ("99991231235959", "00010101000000", "9999"):
        assert ask(f"{digits}/{PAGE}").status == 302


def test_missing_page_in_a_frame_is_a_plain_notice(keep, ask, collection):
    keep("20260521120000", PAGE, "one")
    replay = Replay(
        collection, decode=lambda body, _: (body.decode(), "utf-8"), frame="/view", render=lambda *_: "desk"
    )
    missing = ask("20260521120000mp_/http://news.test/a/9.html", replay=replay)
    assert (missing.status, "desk" in missing.text) == (404, False)
    assert '<base target="_top">' in missing.text
    assert f'href="/view/20260521120000/{PAGE}"' in missing.text
    assert ask("20260521120000/http://news.test/a/9.html", replay=replay).text == "desk"


def test_svg_image_that_is_opened_by_itself_is_rewritten(keep, ask):
    body = "<?xml-stylesheet href='http://out.test/x'?><svg><script>x</script></svg>"
    keep("20260521120000", PAGE, body, "Content-Type: image/svg+xml")
    path = f"20260521120000im_/{PAGE}"
    assert ask(path, sec_fetch_dest="image").headers["content-type"] == "image/svg+xml"
    opened = ask(path, sec_fetch_dest="document")
    assert opened.headers["content-type"].startswith("text/html")
    assert "out.test" not in opened.text


@pytest.mark.parametrize(("media_type", "body"), [("application/pdf", b"%PDF-1.4"), ("video/mp4", b"film")])
def test_document_with_a_viewer_is_not_sandboxed(keep, ask, media_type, body):
    keep("20260521120000", PAGE, body, f"Content-Type: {media_type}")
    policy = ask(f"20260521120000/{PAGE}").headers["content-security-policy"]
    assert "sandbox" not in policy
    assert policy.startswith("default-src 'none'; ")
