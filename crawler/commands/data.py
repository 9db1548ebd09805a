"""The folder all data lies in."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from crawler.commands.outcome import CommandError
from crawler.store import Store, database_location


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Where everything lies: ``warc/``, ``index/``, ``crawls/`` and the database, unless `database` names another."""

    root: Path
    database_name: str | None = None

    @property
    def warc(self) -> Path:
        """The folder of the WARC files."""
        return self.root / "warc"

    @property
    def index(self) -> Path:
        """The folder of the archive's index."""
        return self.root / "index"

    @property
    def crawls(self) -> Path:
        """The folder with a folder for each crawl: its log and its ``items.jsonl``."""
        return self.root / "crawls"

    @property
    def database(self) -> str:
        """The database's path or URL."""
        return database_location(self.root, self.database_name)

    @property
    def has_database(self) -> bool:
        """Whether anything is stored yet, as far as can be told without asking a server."""
        return "://" in self.database or Path(self.database).is_file()

    def make(self) -> None:
        """Make the folder if it is missing and see that it can be written. Raises CommandError."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            with TemporaryFile(dir=self.root) as probe:
                probe.write(b"written")
        except OSError as error:
            raise CommandError(
                f"the data folder {self.root} cannot be written ({error.strerror}) — choose another with --data"
            ) from error

    def require(self) -> None:
        """See that the folder is there, for a command that only reads. Raises CommandError."""
        if not self.root.is_dir():
            raise CommandError(f"there is no data folder {self.root} — crawl first, or name it with --data")

    def open_store(self) -> Store:
        """The database, made if it is missing. Raises StoreError."""
        return Store.open(self.database)

    def read_store(self) -> Store:
        """The database that crawls filled. Raises CommandError when there is none yet, StoreError."""
        if not self.has_database:
            self.require()
            raise CommandError(f"nothing is stored yet in {self.database} — crawl first, or name a --database")
        return self.open_store()
