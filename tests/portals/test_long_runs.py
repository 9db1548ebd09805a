"""Runs over many simulated days, with few articles; `make long-runs` has the sizes of a real portal."""

from long_runs import run_backlog, run_counted, run_rereads


def test_news_of_each_day_is_stored_while_a_backlog_shrinks(tmp_path):
    assert run_backlog(tmp_path, articles=90, budget=20, days=2)["late"] == 0


def test_silent_changes_are_found_at_their_step_and_others_answered_by_304(tmp_path):
    found = run_rereads(tmp_path, articles=16, edits=6)
    assert found["events"] == {"first": 16, "edited": 6, "removed": 2, "restored": 1}


def test_every_kind_of_request_obeys_delay_and_robots(tmp_path):
    found = run_counted(tmp_path, articles=8, delay=0.05)
    assert {"json GET", "json POST", "part", "reread", "list or entry"} <= found["kinds"].keys()
    assert (found["short gaps"], found["forbidden"]) == (0, 0)
