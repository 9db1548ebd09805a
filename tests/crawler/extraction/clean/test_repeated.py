"""Paragraphs that a site repeats are found in its articles and then removed from its stories."""

from datetime import date

from crawler.extraction import Document, extract_from
from crawler.extraction.clean.repeated import find_repeated_paragraphs
from crawler.items import Article

NOTICE = "The Courier is owned by its readers, who pay for its reporters and for this page."


def story(number: int) -> list[str]:
    return [
        f"Bridge number {number} over the Ash will open in the spring, the county council said on Monday evening.",
        f"It cost {number} million pounds, of which the county paid half, and took {number + 2} years to be built.",
    ]


def article(number: int, *more: str) -> Article:
    return Article(url=f"https://www.example.com/{number}", body="\n".join([*story(number), *more]))


def test_paragraph_of_many_stories_is_found():
    articles = [article(number, NOTICE) if number % 2 else article(number) for number in range(40)]
    assert find_repeated_paragraphs(articles) == (NOTICE,)


def test_nothing_is_found_for_small_sites_rare_paragraphs_and_copies_of_one_story():
    assert find_repeated_paragraphs([article(number, NOTICE) for number in range(10)]) == ()
    rare = [article(number, NOTICE) if number < 4 else article(number) for number in range(40)]
    assert find_repeated_paragraphs(rare) == ()
    copies = [article(7, NOTICE)] * 20 + [article(number) for number in range(30)]
    assert find_repeated_paragraphs(copies) == ()


def test_repeated_paragraph_is_removed_from_the_body():
    paragraphs = "".join(f"<p>{text}</p>" for text in [*story(3), NOTICE])
    html = f"<html lang=en><title>Bridge</title><h1>Bridge to open</h1><p>2024-05-06</p><div>{paragraphs}</div>"
    document = Document(html.encode(), "https://www.example.com/3")
    assert extract_from(document).body.endswith(NOTICE)
    repeated = find_repeated_paragraphs(article(number, NOTICE) for number in range(30))
    assert extract_from(document, boilerplate=repeated).body == "\n".join(story(3))


def test_date_before_the_first_day_of_the_site_is_flagged():
    html = "<html lang=en><title>Bridge</title><h1>Bridge to open</h1><p>1970-01-01</p>" + "".join(
        f"<p>{text}</p>" for text in story(3)
    )
    document = Document(html.encode(), "https://www.example.com/3")
    assert "early_date" in extract_from(document).flags
    later = Document(html.replace("1970", "2004").encode(), "https://www.example.com/3")
    assert "early_date" not in extract_from(later).flags
    assert "early_date" in extract_from(later, since=date(2010, 1, 1)).flags
