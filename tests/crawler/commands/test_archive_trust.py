"""``broadsheet archive verify --trust`` on a small archive."""

import json


def test_verify_trust_names_changed_file_and_lists_unknown_ones(run, captured):
    assert "1 of 1 files are as the manifest states" in run("archive", "verify", "--trust", "--data", captured).text
    (file,) = (captured / "warc").iterdir()
    data = file.read_bytes()
    (captured / "warc" / "old.warc.gz").write_bytes(data)
    run("archive", "index", "--data", captured)
    file.write_bytes(data[:4] + b"\1" + data[5:])  # the time in a gzip header, which no other check covers
    outcome = run("archive", "verify", "--trust", "--json", "--data", captured)
    report = json.loads(outcome.out)
    assert outcome.code == 1
    assert [(one["file"], one["what"].partition(" since")[0]) for one in report["findings"]] == [
        (file.name, "its bytes were changed")
    ]
    assert report["unknown"] == {"old.warc.gz": "not in the manifest: from before it, or added by hand"}
    assert (report["files"], report["chained"]) == (2, 0)
