"""Requests that pages of other websites make, without a browser."""

HOME = "http://fonts.localhost"
PAGE = f"{HOME}/page.html"
AT = "20260522120000"

FOREIGN = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "no-cors", "sec_fetch_dest": "image"}


def test_requests_of_other_websites_are_refused(ask):
    for site in ("cross-site", "same-site"):
        assert ask("/", **FOREIGN | {"sec_fetch_site": site}).status == 403
    for site in ("none", "same-origin"):
        assert ask("/", **FOREIGN | {"sec_fetch_site": site}).status == 200
    assert ask("/").status == 200, "clients that are no browsers"


def test_links_from_other_websites_work(ask):
    link = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}
    assert ask("/", **link).status == 200
    assert ask("/", **link | {"sec_fetch_dest": "iframe"}).status == 403
    assert ask("/", method="POST", **link).status == 403


def test_captures_name_no_origin_that_may_read_them(kept, ask):
    for name in (f"{AT}/{PAGE}", f"{AT}im_/{HOME}/picture.png", f"{AT}ce_/{HOME}/labelled.ttf"):
        shown = ask(f"/replay/{name}", origin="http://evil.example")
        assert shown.status == 200
        assert "access-control-allow-origin" not in shown.headers
    font = ask(f"/replay/{AT}ce_/{HOME}/labelled.ttf", origin="null", sec_fetch_dest="font")
    assert font.headers["access-control-allow-origin"] == "null"
    for destination in ("empty", "image"):
        font = ask(f"/replay/{AT}ce_/{HOME}/labelled.ttf", origin="null", sec_fetch_dest=destination)
        assert "access-control-allow-origin" not in font.headers
    shown = ask(f"/replay/{AT}/{PAGE}")
    assert "frame-ancestors 'self'" in shown.headers["content-security-policy"]
    assert shown.headers["cross-origin-resource-policy"] == "same-origin"
