"""Alarms are passed on to a command, which accepts them or not."""

import json
from datetime import UTC, datetime

import pytest

from crawler.drift.alarms import Alarm, AlarmDetail
from crawler.drift.profile import FieldSample
from crawler.drift_watch import make_notice, run_alarm_command

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)


def test_command_reads_the_notice_as_json(tmp_path):
    detail = AlarmDetail(["12 of 12 are the same"], [], [FieldSample("https://a.example/1", "Paper", None)])
    notice = make_notice("a", [Alarm(subject="title", since=NOW, raised=NOW, detail=detail, id=7)])
    assert run_alarm_command(f"sh -c 'cat > {tmp_path}/notice.json'", notice)
    read = json.loads((tmp_path / "notice.json").read_text(encoding="utf-8"))
    assert (read["site"], read["alarms"][0]["id"]) == ("a", 7)
    assert read["alarms"][0]["text"] == "title: 12 of 12 are the same"
    assert read["alarms"][0]["example"] == "https://a.example/1: “Paper”"


@pytest.mark.parametrize("command", ["false", "/no/such/command", "sh -c 'unclosed"])
def test_command_that_fails_has_not_accepted_the_notice(command, caplog):
    assert not run_alarm_command(command, {"site": "a", "alarms": []})
    assert "BROADSHEET_ALARM_COMMAND failed, the next visit tries again" in caplog.text
