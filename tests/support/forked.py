"""Runs `broadsheet` in processes forked from one that has done its imports, which cost a second of CPU each."""

import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from subprocess import CompletedProcess, TimeoutExpired

#: Modules that nearly every command needs. None of them may read the environment or install a reactor on import.
PRELOADED = [
    "scrapy.crawler",
    "scrapy.core.engine",
    "sqlalchemy.dialects.sqlite",
    "rich.table",
    "crawler.commands.crawl",
    "crawler.commands.demo",
    "crawler.commands.reextract",
    "crawler.commands.site_add",
    "crawler.spiders.portal",
    "crawler.scheduler",
    "crawler.handlers.live",
    "crawler.handlers.archived",
    "crawler.store.migrate",
]

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(PRELOADED)


def run_broadsheet(*arguments: str, cwd: Path, env: Mapping[str, str], timeout: float) -> CompletedProcess[str]:
    """Run ``broadsheet ARGUMENTS`` as a new process would, and return its exit code and output.

    Raises TimeoutExpired after `timeout` seconds, having killed the process.
    """
    with tempfile.TemporaryDirectory() as folder:
        outputs = [os.path.join(folder, name) for name in ("stdout", "stderr")]
        process = _context.Process(target=_run, args=(list(arguments), str(cwd), dict(env), *outputs))
        process.start()
        process.join(timeout)
        is_late = process.is_alive()
        if is_late:
            process.kill()
            process.join()
        stdout, stderr = (Path(path).read_text("utf-8") if os.path.exists(path) else "" for path in outputs)
    if is_late:
        raise TimeoutExpired(arguments, timeout, stdout, stderr)
    return CompletedProcess(arguments, process.exitcode, stdout, stderr)


def _run(arguments: list[str], cwd: str, env: dict[str, str], stdout: str, stderr: str) -> None:
    for number, path in ((1, stdout), (2, stderr)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["broadsheet", *arguments]
    from crawler.commands import main

    main(arguments)
