"""Encodings: bytes take precedence over labels, and one stray byte changes nothing."""

import codecs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.extraction.decode.charset import decode

CHINESE = "市交通部门昨日介绍，跨江大桥主体工程已经完成，预计明年春天通车，两岸居民往来将更加方便。" * 3
TRADITIONAL = "市交通部門昨日介紹，跨江大橋主體工程已經完成，預計明年春天通車，兩岸居民往來將更加方便。" * 3
JAPANESE = "市の交通局は昨日、川を渡る橋の工事がほぼ終わり、来年の春に開通する見通しだと発表しました。" * 3
KOREAN = "시 교통국은 어제 강을 건너는 다리의 주요 공사가 끝나 내년 봄에 개통할 예정이라고 밝혔습니다. " * 3
RUSSIAN = "Городское управление сообщило, что строительство моста завершено и движение откроют весной. " * 3
GERMAN = "Über die Brücke können die Bürger ab Frühjahr gehen, größere Straßen folgen später. " * 3
FRENCH = "Le chantier du pont a été achevé l’été dernier, où la préfète s’était déplacée. " * 3
CZECH = "Městský úřad včera oznámil, že stavba mostu přes řeku byla dokončena a otevře se příští jaro. " * 3
GREEK = "Ο δήμος ανακοίνωσε χθες ότι η κατασκευή της γέφυρας ολοκληρώθηκε και θα ανοίξει την άνοιξη. " * 3
ARABIC = "أعلنت بلدية المدينة أمس أن بناء الجسر قد انتهى وسيفتح أمام حركة المرور في الربيع المقبل. " * 3
THAI = "สำนักงานขนส่งของเมืองแถลงเมื่อวานว่าการก่อสร้างสะพานข้ามแม่น้ำเสร็จสิ้นแล้วและจะเปิดใช้ในปีหน้า " * 3


def page(text, codec, label=None):
    meta = f'<meta http-equiv="Content-Type" content="text/html; charset={label}">' if label else ""
    return f"<html><head>{meta}<title>{text[:12]}</title></head><body><p>{text}</p></body></html>".encode(codec)


@pytest.mark.parametrize(
    ("text", "codec", "name"),
    [
        (CHINESE, "utf-8", "utf-8"),
        (CHINESE, "gb18030", "gb18030"),
        (CHINESE, "gb2312", "gb18030"),
        (TRADITIONAL, "big5", "big5"),
        (TRADITIONAL, "gb18030", "gb18030"),
        (JAPANESE, "shift_jis", "shift_jis"),
        (JAPANESE, "euc_jp", "euc_jp"),
        (KOREAN, "euc-kr", "euc-kr"),
        (RUSSIAN, "cp1251", "cp1251"),
        (RUSSIAN, "koi8-r", "koi8_r"),
        (GERMAN, "cp1252", "cp1252"),
        (FRENCH, "cp1252", "cp1252"),
        (CZECH, "cp1250", "cp1250"),
        (GREEK, "cp1253", "cp1253"),
        (ARABIC, "cp1256", "cp1256"),
        (THAI, "cp874", "cp874"),
        (CHINESE, "utf-16-le", "utf-16-le"),
        (GERMAN, "utf-16-be", "utf-16-be"),
    ],
)
def test_encoding_is_detected_from_the_bytes(text, codec, name):
    decoded, encoding = decode(page(text, codec))
    assert encoding == name
    assert text in decoded


@pytest.mark.parametrize(
    "label", ["utf-8", "gb2312", "gbk", "iso-8859-1", "big5", "shift_jis", "euc-kr", "windows-1251"]
)
@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
@pytest.mark.parametrize("where", ["meta", "header"])
def test_wrong_label_is_ignored(codec, label, where):
    html = page(CHINESE, codec, label if where == "meta" else None)
    decoded, encoding = decode(html, f"text/html; charset={label}" if where == "header" else None)
    assert encoding == codec
    assert CHINESE in decoded


@pytest.mark.parametrize(
    ("text", "label", "codec"),
    [
        ("Überall große Häuser.", "iso-8859-1", "cp1252"),
        ("“Quoted” text — with dashes", "iso-8859-1", "cp1252"),
        ("Şehir için yeni köprü açılıyor, ulaşım kolaylaşacak", "iso-8859-9", "cp1254"),
        ("喆镕朱镕基与囍", "gb2312", "gb18030"),
        ("短", "gbk", "gb18030"),
        ("日本", "shift_jis", "cp932"),
        ("Łódź i Kraków są większe niż Gdańsk", "iso-8859-2", "iso8859-2"),
    ],
)
def test_right_label_decides_ambiguous_bytes(text, label, codec):
    decoded, _ = decode(page(text, codec, label))
    assert text in decoded


@pytest.mark.parametrize("stray", [b"\x80", b"\xff", b"\xb0", b"\xc3("])
@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
def test_one_stray_byte_does_not_change_the_encoding(codec, stray):
    html = page(CHINESE, codec, "gb2312")
    at = html.index(b"</p>")
    decoded, encoding = decode(html[:at] + stray + html[at:])
    assert encoding == codec
    assert CHINESE in decoded


def test_page_truncated_within_a_character_keeps_its_encoding():
    html = page(CHINESE, "utf-8")
    assert decode(html[: html.index(b"</p>") - 1])[1] == "utf-8"


@pytest.mark.parametrize(
    ("mark", "codec"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
    ],
)
def test_byte_order_mark_takes_precedence_over_labels(mark, codec):
    decoded, encoding = decode(mark + page(CHINESE, codec, "big5"), "text/html; charset=euc-kr")
    assert encoding == codec
    assert decoded.startswith("<html>")
    assert CHINESE in decoded


@pytest.mark.parametrize("label", ["no-such-charset", "base64", "rot13", "utf-7", "idna", "undefined", "hex", "zlib"])
def test_label_that_is_not_a_charset_is_ignored(label):
    decoded, _ = decode(page(CHINESE, "gb18030", label), f"text/html; charset={label}")
    assert CHINESE in decoded


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=400), st.sampled_from([None, "text/html", "text/html; charset=gbk", "charset=", "charset=\x00"])
)
def test_any_bytes_are_decoded(html, content_type):
    text, encoding = decode(html, content_type)
    assert isinstance(text, str)
    assert encoding
