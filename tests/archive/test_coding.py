"""Content codings that are wrong, missing, repeated or damaged are read as a reader of the page would want."""

import gzip
import zlib

import brotli
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from archive.coding import decode

PAGE = "<!DOCTYPE html><title>议会</title>".encode() + b"".join(
    b"<p>Line %d of the report.</p>" % n for n in range(400)
)


def deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(data) + compressor.flush()


CODERS = {"gzip": gzip.compress, "zlib": zlib.compress, "raw": deflate, "br": brotli.compress, "zstd": zstd.compress}
HTML = "text/html; charset=utf-8"


@pytest.mark.parametrize("stated", ["gzip", "x-gzip", "GZIP", "gzip;q=1", "deflate", "br", "zstd"])
@pytest.mark.parametrize(
    "body", [PAGE, b"\n\n  <html>", "\ufeff<html>".encode(), "报道".encode("gbk"), b"x", b'{"a": 1}', b""]
)
def test_plain_body_under_any_coding_is_itself(stated, body):
    assert decode([body], [stated], HTML) == body


@pytest.mark.parametrize("coder", CODERS)
@pytest.mark.parametrize("size", [0, 1, 9, 60, 5000])
def test_body_of_any_size_is_decoded(coder, size):
    stated = {"zlib": "deflate", "raw": "deflate"}.get(coder, coder)
    assert decode([CODERS[coder](PAGE[:size])], [stated], HTML) == PAGE[:size]


@pytest.mark.parametrize("stated", [[], ["identity"], ["utf-8"], ["gzip"], ["br"], ["deflate"], ["zstd"]])
@pytest.mark.parametrize("coder", ["gzip", "zlib", "br", "zstd"])
def test_text_in_another_coding_than_stated_is_decoded(stated, coder):
    assert decode([CODERS[coder](PAGE)], stated, HTML) == PAGE


@pytest.mark.parametrize("stated", [["gzip"], ["gzip", "gzip"], ["gzip", "br"], ["br", "gzip"], []])
def test_text_coded_twice_is_decoded(stated):
    assert decode([gzip.compress(gzip.compress(PAGE))], stated, HTML) == PAGE


@pytest.mark.parametrize("kind", ["application/gzip", "application/x-gzip", "image/png"])
def test_file_that_is_compressed_itself_stays_so(kind):
    packed = gzip.compress(PAGE)
    assert decode([packed], [], kind) == packed
    assert decode([gzip.compress(packed)], ["gzip"], kind) == packed


@pytest.mark.parametrize("kind", [None, "", "application/octet-stream", "*/*"])
def test_body_of_unknown_type_is_decoded_if_it_proves_to_be_a_page(kind):
    assert decode([gzip.compress(PAGE)], [], kind) == PAGE
    tar = gzip.compress(b"report.txt" + bytes(500))
    assert decode([tar], [], kind) == tar


@pytest.mark.parametrize("coder", ["gzip", "zlib", "zstd"])
def test_damaged_body_is_decoded_up_to_the_damage(coder):
    noise = b"".join(b"<p>%d %d</p>" % (n, n * n % 7919) for n in range(3000))
    coded = bytearray(CODERS[coder](noise))
    coded[len(coded) * 3 // 4] ^= 0xFF
    stated = "deflate" if coder == "zlib" else coder
    decoded = decode([bytes(coded)], [stated], HTML)
    assert len(decoded) > len(noise) // 4 or coder == "zstd"
    common = next((at for at, (a, b) in enumerate(zip(decoded, noise, strict=False)) if a != b), len(decoded))
    assert common > len(decoded) // 2 or coder == "zstd"


def test_wrong_checksum_loses_nothing():
    coded = bytearray(gzip.compress(PAGE))
    coded[-6] ^= 0xFF
    assert decode([bytes(coded)], ["gzip"], HTML) == PAGE


def test_text_after_the_gzip_stream_is_left_out():
    assert decode([gzip.compress(PAGE) + b"<!-- cached -->"], ["gzip"], HTML) == PAGE


@given(
    st.binary(max_size=200), st.sampled_from(["gzip", "deflate", "br", "zstd", "odd"]), st.sampled_from([HTML, None])
)
def test_no_bytes_raise(body, stated, kind):
    decode([body], [stated], kind)
