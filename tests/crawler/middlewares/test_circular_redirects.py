"""Redirects that lead back to a URL requested before."""

import pytest
from scrapy import Request
from scrapy.http import Response

from crawler.middlewares.circular_redirects import CircularRedirect, CircularRedirectMiddleware

URL, OTHER = "http://county.example/a", "http://county.example/b"


def _follow(location, *, way=(), sets_cookie=False, status=302):
    request = Request(URL, meta={"redirect_urls": list(way)})
    headers = {"Location": location, **({"Set-Cookie": "a=1"} if sets_cookie else {})}
    response = Response(URL, status=status, headers=headers)
    assert CircularRedirectMiddleware().process_response(request, response) is response
    return request


@pytest.mark.parametrize("location", ["", " ", "/a", "a", URL, f"{URL}#top"])
def test_redirect_to_itself_ends_at_once(location):
    with pytest.raises(CircularRedirect, match="requested before"):
        _follow(location)


def test_redirect_to_an_earlier_url_ends_at_once():
    with pytest.raises(CircularRedirect):
        _follow("/b", way=[OTHER])


@pytest.mark.parametrize(("location", "way"), [("/b", []), ("/c", [OTHER])])
def test_redirect_to_a_new_url_is_followed(location, way):
    _follow(location, way=way)


def test_url_is_requested_again_once_after_a_cookie():
    request = _follow("/a", sets_cookie=True)
    again = request.replace(meta={**request.meta, "redirect_urls": [URL]})
    with pytest.raises(CircularRedirect):
        CircularRedirectMiddleware().process_response(again, Response(URL, status=302, headers={"Location": "/a"}))


def test_page_with_a_location_is_no_redirect():
    _follow("/a", status=200)
