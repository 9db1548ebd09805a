"""Progress of an import: bytes, rate and time left, without the files that the archive had."""

from pathlib import Path

from crawler.commands.import_progress import ImportProgress, format_duration

FILES = [Path(name) for name in "abcd"]


def test_rate_and_time_left_count_only_what_was_read():
    now = [100.0]
    progress = ImportProgress(dict.fromkeys(FILES, 1_000_000), lambda: now[0])
    assert progress.describe() == "0 of 4 files, 0 bytes of 4.0 MB"
    progress.finish(FILES[0], is_new=False)
    now[0] += 10
    assert progress.seconds_left() is None, "nothing was read yet"
    progress.finish(FILES[1], is_new=True)
    progress.move(500_000)
    progress.move(100_000)  # the next file of a package
    now[0] += 5
    assert progress.seconds_left() == 15.0
    assert progress.describe() == "2 of 4 files, 2.5 MB of 4.0 MB, 100.0 kB/s, about 15 s left"


def test_durations_have_one_unit():
    assert [format_duration(seconds) for seconds in (5.4, 200, 7200)] == ["5 s", "3 min", "2.0 h"]
