"""The folder for all data."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from archive.folders import create_private_folder
from crawler.commands.exit_codes import CommandError
from crawler.store import Store, database_location


@dataclass(frozen=True, slots=True)
class DataFolder:
    """The data folder `root`: ``warc/``, ``index/``, ``crawls/`` and the database, unless `database_name` is given."""

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
        """The folder with the logs, and one folder per crawl with its ``items.jsonl`` and ``ledger.jsonl``."""
        return self.root / "crawls"

    @property
    def database(self) -> str:
        """The path or URL of the database."""
        return database_location(self.root, self.database_name)

    @property
    def has_database(self) -> bool:
        """True if the SQLite file exists. Always true for a database server, which is not asked."""
        return "://" in self.database or Path(self.database).is_file()

    def create(self) -> None:
        """Create the folder if missing. Raises CommandError if it cannot be written."""
        try:
            create_private_folder(self.root)
            with TemporaryFile(dir=self.root) as probe:
                probe.write(b"written")
        except OSError as error:
            raise CommandError(
                f"the data folder {self.root} cannot be written ({error.strerror}) — choose another with --data"
            ) from error

    def require(self) -> None:
        """Raise CommandError if the folder does not exist; for commands that only read."""
        if not self.root.is_dir():
            raise CommandError(f"data folder {self.root} does not exist — crawl first, or choose another with --data")

    def open_store(self) -> Store:
        """Open the database; create it if missing. Raises StoreError."""
        return Store.open(self.database)

    def read_store(self) -> Store:
        """Open an existing database. Raises CommandError if it does not exist yet, and StoreError."""
        if not self.has_database:
            self.require()
            raise CommandError(f"no database {self.database} — crawl first, or choose another with --database")
        return self.open_store()
