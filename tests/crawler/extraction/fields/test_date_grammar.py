"""Every printed form of date and time that the grammar reads, and texts that it must not read as dates."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.extraction.data.date_words import time_zones, zone_abbreviations, zone_names
from crawler.extraction.data.tables import languages
from crawler.extraction.fields.clock_grammar import load_zone
from crawler.extraction.fields.date_grammar import PrintedDate, read_dates, read_machine_date


def shown(found: PrintedDate) -> str:
    """Return year-month-day, and the time to the precision that is printed."""
    day = f"{found.year or '????'}-{found.month:02}-{found.day:02}"
    if found.hour is None:
        return day
    seconds = "" if found.second is None else f":{found.second:02}"
    return f"{day} {found.hour:02}:{found.minute:02}{seconds}"


def read_one(text: str, language: str = "", order: str = "dmy") -> str | None:
    found = read_dates(text, language=language, order=order)
    return shown(found[0]) if found else None


EAST_ASIAN = [
    ("2019-09-07 13:43:45", "2019-09-07 13:43:45"),
    ("2020-10-04 20:30", "2020-10-04 20:30"),
    ("2019年11月25日 16:04:30", "2019-11-25 16:04:30"),
    ("2019年6月5日", "2019-06-05"),
    ("2019年06月15日08:18", "2019-06-15 08:18"),
    ("2019年06月15日　08：18", "2019-06-15 08:18"),
    ("2019-9-7 8:05", "2019-09-07 08:05"),
    ("2019/09/07 19:02", "2019-09-07 19:02"),
    ("2019.09.07", "2019-09-07"),
    ("2019-09-2612:11来源：某报", "2019-09-26 12:11"),
    ("发布时间：10-0812:00", "????-10-08 12:00"),
    ("发布时间：18-03-0823:16", "2018-03-08 23:16"),
    ("10-08 12:00", "????-10-08 12:00"),
    ("10月8日 12:00", "????-10-08 12:00"),
    ("19年10月8日", "2019-10-08"),
    ("2019 09/07 19:02", "2019-09-07 19:02"),
    ("17 2023-11", "2023-11-17"),
    ("2024年04月24日23:52 | 来源：", "2024-04-24 23:52"),
    ("2019年9月7日 下午3:05", "2019-09-07 15:05"),
    ("2019年9月7日 上午12:05", "2019-09-07 00:05"),
    ("2019年9月7日 中午12:05", "2019-09-07 12:05"),
    ("2019年9月7日 晚上8点30分", "2019-09-07 20:30"),
    ("2019年9月7日（星期六）下午3:05", "2019-09-07 15:05"),
    ("2019年9月7日 周六 15:05", "2019-09-07 15:05"),
    ("2019年9月7日10时32分", "2019-09-07 10:32"),
    ("二〇一九年九月七日", "2019-09-07"),
    ("二〇一九年十二月二十五日", "2019-12-25"),
    ("民國108年9月7日", "2019-09-07"),
    ("2024年5月3日 10時32分", "2024-05-03 10:32"),
    ("令和6年5月3日", "2024-05-03"),
    ("令和元年5月3日", "2019-05-03"),
    ("2024年5月3日（金） 午後3:05", "2024-05-03 15:05"),
    ("2024. 5. 3. 오후 3:32", "2024-05-03 15:32"),
    ("2024년 5월 3일 10:32", "2024-05-03 10:32"),
    ("입력 2024.05.03 10:32", "2024-05-03 10:32"),
]

NAMED = [
    ("May 2, 2024 at 10:32 a.m. ET", "2024-05-02 10:32"),
    ("2 May 2024, 10.32pm BST", "2024-05-02 22:32"),
    ("Published 1:31 AM EDT, April 28, 2023", "2023-04-28 01:31"),
    ("10:32, 3 May 2024", "2024-05-03 10:32"),
    ("20:30 GMT 4 October 2020", "2020-10-04 20:30"),
    ("May 3rd, 2024", "2024-05-03"),
    ("the 3rd of May 2024", "2024-05-03"),
    ("Sept. 3, 2024", "2024-09-03"),
    ("03-May-2024", "2024-05-03"),
    ("3 May '24", "2024-05-03"),
    ("3 May, 10:32", "????-05-03 10:32"),
    ("May 3, 2024 3 p.m.", "2024-05-03 15:00"),
    ("Thu, 02 May 2024 10:00:00 +0200", "2024-05-02 10:00:00"),
    ("Thu May  2 10:00:00 CST 2024", "2024-05-02 10:00:00"),
    ("Thu May 02 2024 10:00:00 GMT+0200 (CEST)", "2024-05-02 10:00:00"),
    ("3. Mai 2024, 15:47 Uhr", "2024-05-03 15:47"),
    ("3. Mai 2024 um 15.47 Uhr", "2024-05-03 15:47"),
    ("Stand: 03.05.2024 15:47 Uhr", "2024-05-03 15:47"),
    ("3. März 2024", "2024-03-03"),
    ("3. Jänner 2024", "2024-01-03"),
    ("3 mai 2024 à 10h32", "2024-05-03 10:32"),
    ("1er août 2024 à 10 h 32", "2024-08-01 10:32"),
    ("3 de mayo de 2024 a las 10:32", "2024-05-03 10:32"),
    ("3 maggio 2024 alle 10:32", "2024-05-03 10:32"),
    ("3 de maio de 2024 às 10h32", "2024-05-03 10:32"),
    ("3 d’abril de 2024", "2024-04-03"),
    ("3 mei 2024 om 10:32", "2024-05-03 10:32"),
    ("3 maja 2024, 10:32", "2024-05-03 10:32"),
    ("3. května 2024 10:32", "2024-05-03 10:32"),
    ("3. maj 2024 kl. 10.32", "2024-05-03 10:32"),
    ("3. desember 2024 kl. 10:32", "2024-12-03 10:32"),
    ("3 februari 2024", "2024-02-03"),
    ("3. toukokuuta 2024 klo 10.32", "2024-05-03 10:32"),
    ("3 Mayıs 2024 10:32", "2024-05-03 10:32"),
    ("Jumat, 3 Mei 2024 10:32 WIB", "2024-05-03 10:32"),
    ("2024. május 3. 10:32", "2024-05-03 10:32"),
    ("2024. gada 3. maijs", "2024-05-03"),
    ("2024 m. gegužės 3 d. 10:32", "2024-05-03 10:32"),
    ("3 мая 2024, 10:32", "2024-05-03 10:32"),
    ("3 травня 2024 10:32", "2024-05-03 10:32"),
    ("3 Μαΐου 2024 10:32", "2024-05-03 10:32"),
    ("3 พฤษภาคม 2567 10:32 น.", "2024-05-03 10:32"),
    ("ngày 3 tháng 5 năm 2024", "2024-05-03"),
    ("3 मई 2024 10:32", "2024-05-03 10:32"),
    ("3 مايو 2024", "2024-05-03"),
]

FIGURES = [
    ("03.05.2024, 15:47", "dmy", "2024-05-03 15:47"),
    ("03/05/2024 às 10h32", "dmy", "2024-05-03 10:32"),
    ("5/3/2024 3:15 PM", "mdy", "2024-05-03 15:15"),
    ("13/05/2024", "mdy", "2024-05-13"),
    ("05/13/2024", "dmy", "2024-05-13"),
    ("03.05.24", "dmy", "2024-05-03"),
    ("05/03/24", "mdy", "2024-05-03"),
    ("24/05/03", "ymd", "2024-05-03"),
    ("15:47 Uhr, 03.05.2024", "dmy", "2024-05-03 15:47"),
    ("at 10:05 3/5/2024", "dmy", "2024-05-03 10:05"),
]

NOT_DATES = [
    "",
    "no figures at all",
    "2019-13-07",
    "2019-02-30",
    "32 May 2024",
    "第2019期",
    "电话：010-12345678",
    "192.168.1.12",
    "3:2",
    "version 10.4.12.1",
    "0000-00-00 00:00:00",
    "may be 3 of them",
    "9999-01-01",
]


@pytest.mark.parametrize(("text", "expected"), EAST_ASIAN)
def test_chinese_japanese_and_korean_dates_are_read(text: str, expected: str) -> None:
    assert read_one(text, "zh", "ymd") == expected


@pytest.mark.parametrize(("text", "expected"), NAMED)
def test_dates_with_a_month_name_are_read(text: str, expected: str) -> None:
    assert read_one(text) == expected


@pytest.mark.parametrize(("text", "order", "expected"), FIGURES)
def test_dates_of_digits_follow_the_pages_order(text: str, order: str, expected: str) -> None:
    assert read_one(text, "en", order) == expected


@pytest.mark.parametrize("text", NOT_DATES)
def test_texts_without_a_date_are_rejected(text: str) -> None:
    assert read_dates(text) == ()


def test_month_word_of_two_languages_is_read_in_the_pages_language() -> None:
    assert read_one("3 listopada 2024", "pl") == "2024-11-03"
    assert read_one("3 listopada 2024", "hr") == "2024-10-03"


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("2024-05-03T15:47:42Z", 0),
        ("2024-05-03T15:47:42.389+02:00", 2),
        ("2024-05-03T15:47:42-0330", -3.5),
        ("2019年09月07日 10:32 格林尼治标准时间", 0),
        ("2019年9月7日, 格林尼治標準時間05:43".replace("標準時間", "时间"), 0),
        ("北京时间2019年9月7日 10:00", 8),
        ("2024-05-03 10:32 (UTC+8)", 8),
        ("2024-05-03 10:32 GMT+9", 9),
        ("3 May 2024 10:32 BST", 1),
        ("1 July 2024 10:32 ET", -4),
        ("1 January 2024 10:32 ET", -5),
        ("Jumat, 3 Mei 2024 10:32 WIB", 7),
        ("3. Mai 2024 10:32 MESZ", 2),
    ],
)
def test_zones_in_the_text_are_read(text: str, hours: float) -> None:
    (found,) = read_dates(text)
    moment = found.moment(UTC)
    assert moment is not None
    assert moment.utcoffset() == timedelta(hours=hours)


def test_zone_words_must_be_in_capitals() -> None:
    for text in ("le 3 mai 2024 à 10:32 est arrivé", "am 3. Mai 2024 10:32 ist es"):
        (found,) = read_dates(text)
        assert found.zone is None


def test_cst_is_china_standard_time_on_a_chinese_page() -> None:
    (found,) = read_dates("Sat Sep 07 13:43:45 CST 2019", language="zh")
    assert found.moment(UTC) == datetime(2019, 9, 7, 5, 43, 45, tzinfo=UTC)


def test_several_dates_in_a_text_keep_order_and_position() -> None:
    text = "来源：某报 2019-09-07 13:43 更新：2019-09-08"
    first, second = read_dates(text, order="ymd")
    assert (shown(first), shown(second)) == ("2019-09-07 13:43", "2019-09-08")
    assert text[first.start : first.end] == "2019-09-07 13:43"


def test_impossible_time_leaves_only_the_day() -> None:
    assert read_one("2019-09-07 25:61") == "2019-09-07"


def test_price_is_not_read_as_a_time() -> None:
    assert read_one("On 3 May 2024 12.99 was paid for it") == "2024-05-03"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1567835025", "2019-09-07 05:43:45"),
        ("1567835025123", "2019-09-07 05:43:45"),
        ("20190907134345", "2019-09-07 13:43:45"),
        ("20190907T134345Z", "2019-09-07 13:43:45"),
        ("20190907", "2019-09-07"),
        ("2019-09-07", "2019-09-07"),
        ("2019-09-07T13:43:45+08:00", "2019-09-07 13:43:45"),
        ("Sat, 07 Sep 2019 13:43:45 GMT", "2019-09-07 13:43:45"),
        ("2019年9月7日 13:43", "2019-09-07 13:43"),
    ],
)
def test_machine_readable_values_are_read(value: str, expected: str) -> None:
    found = read_machine_date(value)
    assert found is not None
    assert shown(found) == expected


@pytest.mark.parametrize("value", ["", "now", "20191399", "00000000", "1", "true", "99999999999999"])
def test_values_without_a_date_give_none(value: str) -> None:
    assert read_machine_date(value) is None


def test_precision_is_the_finest_printed_unit() -> None:
    assert PrintedDate(2019, 9, 7).precision == "day"
    assert PrintedDate(2019, 9, 7, 13, 43).precision == "minute"
    assert PrintedDate(2019, 9, 7, 13, 43, 45).precision == "second"
    assert PrintedDate(None, 9, 7).moment(UTC) is None
    assert PrintedDate(2019, 2, 29).calendar_day is None


def test_zones_and_countries_of_the_tables_exist() -> None:
    zones = [*time_zones().countries.values(), *zone_names().values(), *zone_abbreviations().values()]
    assert all(load_zone(zone) for zone in zones if isinstance(zone, str))
    assert {one.country for one in languages().values() if one.country} <= time_zones().countries.keys()


@pytest.mark.parametrize("code", [code for code, one in languages().items() if one.dates.months])
def test_every_month_word_is_read_on_pages_of_its_language(code: str) -> None:
    for number, spellings in enumerate(languages()[code].dates.months, start=1):
        for word in spellings:
            assert read_one(f"3 {word} 2024", code) == f"2024-{number:02}-03"


@pytest.mark.parametrize(
    ("code", "text"), [(code, text) for code, one in languages().items() for text in one.dates.before_time]
)
def test_every_word_before_a_time_is_read(code: str, text: str) -> None:
    assert read_one(f"2024-05-03 {text} 10:32", code) == "2024-05-03 10:32"


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=80), st.sampled_from(["", "zh", "en", "th"]), st.sampled_from(["ymd", "dmy", "mdy"]))
def test_dates_of_any_text_are_read_without_raising(text: str, language: str, order: str) -> None:
    for found in read_dates(text, language=language, order=order):
        assert 1 <= found.month <= 12
        assert found.start < found.end
        assert found.moment(UTC) or found.year is None
    read_machine_date(text, language=language, order=order)


FORMS = [
    "%Y-%m-%d %H:%M",
    "%Y年%m月%d日 %H:%M",
    "%Y/%m/%d %H:%M",
    "%d.%m.%Y %H:%M",
    "%d %B %Y %H:%M",
    "%B %d, %Y %H:%M",
]


@settings(max_examples=100, deadline=None)
@given(
    st.datetimes(min_value=datetime(1995, 1, 1), max_value=datetime(2060, 1, 1)),  # noqa: DTZ001
    st.sampled_from(FORMS),
    st.sampled_from(["", "来源：某某网 ", "Published: "]),
)
def test_formatted_date_is_read_back(moment: datetime, form: str, before: str) -> None:
    (found,) = read_dates(before + moment.strftime(form))
    assert found.calendar_day == date(moment.year, moment.month, moment.day)
    assert (found.hour, found.minute) == (moment.hour, moment.minute)


PRINTED_BY_LANGUAGE = [
    ("bn", "২২ মে ২০২৫"), ("bn", "২২ জানুয়ারি ২০২৫"), ("ur", "22 مئی 2025"),
    ("ar", "22 مايو 2025"), ("fa", "۱ خرداد ۱۴۰۴"),
    ("fa", "1404/03/01"), ("fa", "۱۴۰۴/۰۳/۰۱"),
    ("ug", "2025-يىلى 5-ئاينىڭ 22-كۈنى"), ("mn", "2025 оны 5-р сарын 22"),
    ("bo", "༢༠༢༥ལོའི་ཟླ་༥ཚེས་༢༢"),
    ("bo", "2025ལོའི་ཟླ་5པའི་ཚེས་22"), ("hi", "22 मई 2025"), ("th", "22 พฤษภาคม 2568"), ("vi", "Thứ Năm, 22/05/2025"),
    ("id", "Kamis, 22 Mei 2025"),
    ("ms", "22 Mei 2025"), ("ko", "2025년 5월 22일"), ("ja", "2025年5月22日"), ("ru", "22 мая 2025"),
    ("uk", "22 травня 2025"), ("tr", "22 Mayıs 2025"), ("pt", "22 de maio de 2025"), ("it", "22 maggio 2025"),
    ("fr", "22 mai 2025"), ("de", "22. Mai 2025"), ("es", "22 de mayo de 2025"), ("zh", "二〇二五年五月二十二日"),
]  # fmt: skip


@pytest.mark.parametrize(("lang", "text"), PRINTED_BY_LANGUAGE)
def test_days_of_every_language(lang: str, text: str) -> None:
    (found,) = read_dates(text, language=lang)
    assert found.calendar_day == (date(2025, 1, 22) if "জানুয়ারি" in text else date(2025, 5, 22))


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("1 فروردین 1403", date(2024, 3, 20)),
        ("30 اسفند 1403", date(2025, 3, 20)),
        ("31 شهریور 1402", date(2023, 9, 22)),
        ("1 مهر 1402", date(2023, 9, 23)),
    ],
)
def test_days_of_the_persian_calendar(text: str, day: date) -> None:
    (found,) = read_dates(text, language="fa")
    assert found.calendar_day == day
