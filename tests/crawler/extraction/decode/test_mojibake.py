"""Mojibake is repaired if the repair is certain, and always flagged."""

import pytest

from crawler.extraction import extract
from crawler.extraction.decode.mojibake import repair_mojibake

PROSE = {
    "de": "Die Brücke über die Mühl wird nächsten Monat für den Verkehr geöffnet, sagte der Bürgermeister – „endlich“.",
    "fr": "Le pont sera ouvert à la circulation dès l'été, après deux années d'attente, a déclaré le maire du village.",
    "ru": "Новый мост через реку откроют для движения в следующем месяце, сообщил в понедельник министр транспорта.",
    "zh": "新桥将于下月正式通车，沿岸六个村的群众从此不用再绕行十多公里，交通部门负责人星期一介绍说。",
    "ja": "新しい橋は来月、通行できるようになる。工事は二年遅れたが、洪水にもかかわらず完成した。",
    "ko": "새 다리가 다음 달 개통된다고 교통부 장관이 월요일 밝혔다. 공사는 이 년 늦어졌다.",
    "ar": "قال وزير النقل يوم الاثنين إن الجسر الجديد سيفتح أمام حركة المرور في الشهر المقبل.",
}


def misread(text: str, codec: str) -> str:
    """Return UTF-8 text as decoded in `codec`; bytes it does not define become control characters."""
    return "".join(bytes([byte]).decode(codec, "ignore") or chr(byte) for byte in text.encode())


@pytest.mark.parametrize("lang", PROSE)
@pytest.mark.parametrize("codec", ["cp1252", "latin-1"])
def test_utf8_decoded_as_western_is_repaired(lang, codec):
    assert repair_mojibake(f"<p>{misread(PROSE[lang], codec)}</p>") == f"<p>{PROSE[lang]}</p>"


def test_gbk_decoded_as_western_is_repaired():
    assert repair_mojibake(PROSE["zh"].encode("gbk").decode("latin-1")) == PROSE["zh"]


def test_utf8_decoded_as_gbk_is_repaired_if_no_byte_was_lost():
    text = "新桥将于下月正式通车"  # an even number of bytes, and each pair is valid GBK
    assert repair_mojibake(text.encode().decode("gb18030")) == text


@pytest.mark.parametrize(
    "text", [*PROSE.values(), "CAFÉ… DÉJÀ VU… CHARITÉ… É… voilà”, Ångström, «Ã»", "锛 is a rare letter of 鐨"]
)
def test_correct_text_is_left_alone(text):
    assert repair_mojibake(text * 20) is None


def page(text: str) -> bytes:
    return (
        f"<html><title>Bridge</title><h1>Bridge to open</h1><p>2024-05-06</p><p>{text}</p><p>{text}</p></html>".encode()
    )


def test_repaired_article_is_flagged():
    article = extract(page(misread(PROSE["de"], "cp1252")), "https://www.example.com/1")
    assert article.body == "\n".join([PROSE["de"]] * 2)
    assert "mojibake" in article.flags


def test_uncertain_mojibake_is_only_flagged():
    broken = misread(PROSE["ru"], "cp1252").replace("Ð", "?")
    article = extract(page(broken + " Ã©Ã¨ â€™"), "https://www.example.com/1")
    assert "Ã©" in article.body
    assert "mojibake" in article.flags


def test_real_pages_are_left_alone(shared):
    import gzip

    for file in sorted((shared / "data" / "pages").glob("*/*.gz"))[::4]:
        html = gzip.decompress(file.read_bytes())
        try:
            text = html.decode("utf-8")
        except UnicodeDecodeError:
            continue
        assert repair_mojibake(text) is None, file.name
