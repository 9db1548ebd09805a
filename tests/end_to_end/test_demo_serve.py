"""``broadsheet demo --serve``: the portals stay up for other commands, until Ctrl-C."""

import functools
import signal
import subprocess
import sys
import urllib.request

from crawler.demo import sample_portals
from crawler.sites import load_sites


def test_the_portals_are_served_until_ctrl_c(tmp_path):
    command = [sys.executable, "-c", "from crawler.commands import main; main()", "demo", "--serve", "--data", tmp_path]
    # a shell that runs the tests in the background has Ctrl-C ignored, by them and by what they start
    heeded = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=heeded) as serving:
        told = [serving.stdout.readline() for _ in range(len(sample_portals()) + 1)]
        sites = load_sites([tmp_path / "sites"])
        assert set(sites) == {portal.name for portal in sample_portals()}
        for line in told[:-1]:
            name, home = line.split()
            assert sites[name].home == home
            opened = urllib.request.urlopen(urllib.request.Request(home.replace(sites[name].hosts[0], "127.0.0.1"),
                                                                   headers={"Host": sites[name].hosts[0]}))  # fmt: skip
            assert opened.status == 200
        serving.send_signal(signal.SIGINT)
        assert serving.wait(60) == 0
    assert not list((tmp_path / "warc").glob("*"))
