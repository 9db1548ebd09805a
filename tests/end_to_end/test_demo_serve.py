"""``broadsheet demo --serve`` serves the portals for other commands until Ctrl-C."""

import functools
import signal
import subprocess
import sys
import urllib.request

from crawler.demo import sample_portals
from crawler.sites import load_sites


def test_portals_are_served_until_ctrl_c(tmp_path):
    command = [sys.executable, "-c", "from crawler.commands import main; main()", "demo", "--serve", "--data", tmp_path]
    # A shell makes background jobs and their children ignore SIGINT, so the child restores the default.
    restore_sigint = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=restore_sigint) as serving:
        lines = [serving.stdout.readline() for _ in range(len(sample_portals()) + 1)]
        sites = load_sites([tmp_path / "sites"])
        assert set(sites) == {portal.name for portal in sample_portals()}
        for line in lines[:-1]:
            name, home = line.split()
            assert sites[name].home == home
            response = urllib.request.urlopen(urllib.request.Request(home.replace(sites[name].hosts[0], "127.0.0.1"),
                                                                   headers={"Host": sites[name].hosts[0]}))  # fmt: skip
            assert response.status == 200
        serving.send_signal(signal.SIGINT)
        assert serving.wait(60) == 0
    assert not list((tmp_path / "warc").glob("*"))
