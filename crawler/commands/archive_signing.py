"""``broadsheet archive verify-wacz``, and the keys with which exports are signed."""

from pathlib import Path
from typing import Annotated

import typer

from archive import ArchiveError
from archive.trust.timestamps import load_roots
from archive.wacz import SigningKey
from archive.wacz.check import check_signature, find_changes
from archive.wacz.domain_signature import DomainKey
from archive.wacz.signature import Signer
from crawler.commands import options
from crawler.commands.archive_trust import Roots
from crawler.commands.data_folder import DataFolder
from crawler.commands.exit_codes import DONE, FAILED, SettingsError
from crawler.commands.output import print_json, print_problem
from crawler.commands.tables import print_fields
from crawler.commands.times import format_time

app = typer.Typer(add_completion=False)

#: The file of the signing key in the data folder.
KEY_FILE = Path("keys") / "wacz.pem"

#: The options that sign with the key of a domain's certificate.
DomainKeyFile = Annotated[
    Path | None,
    typer.Option("--domain-key", metavar="FILE", help="Sign with this key of a domain's certificate (PEM, ECDSA)."),
]
DomainCertificates = Annotated[
    Path | None,
    typer.Option("--domain-cert", metavar="FILE", help="The domain's certificate and its chain (PEM)."),
]


def choose_signer(
    folder: DataFolder,
    *,
    is_anonymous: bool,
    key: Path | None,
    certificates: Path | None,
    authority: str | None,
    roots: Path | None,
) -> Signer | None:
    """Return the key that the options name, or ``None``. Raises SettingsError if they do not fit together."""
    if key is None and certificates is None:
        return SigningKey.load_or_create(folder.root / KEY_FILE) if is_anonymous else None
    if key is None or certificates is None or is_anonymous:
        raise SettingsError("a signature by a domain needs --domain-key and --domain-cert — and excludes --sign")
    if not authority:
        raise SettingsError("a signature by a domain needs a timestamp — use --tsa URL or set BROADSHEET_TSA")
    return DomainKey.load(key, certificates, authority, load_roots(roots) if roots else [])


@app.command("verify-wacz")
def verify_wacz(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A WACZ file of any program.")],
    public_key: Annotated[
        str | None, typer.Option("--key", metavar="KEY", help="The public key that an anonymous signature must be of.")
    ] = None,
    domain_roots: Annotated[
        Path | None,
        typer.Option("--domain-ca", metavar="FILE", help="PEM file of the roots of domains' certificates."),
    ] = None,
    roots: Roots = None,
    as_json: options.Json = False,
) -> int:
    """Check that the files in a WACZ are as its manifest states, and who signed it: a domain, or the owner of a key.

    Exit 1 if a file was changed, or the signature is not valid. A file without a signature is named as such.
    """
    problems = list(find_changes(file))
    try:
        signed = check_signature(
            file,
            public_key=public_key,
            domain_roots=load_roots(domain_roots) if domain_roots else [],
            time_roots=load_roots(roots) if roots else [],
        )
    except ArchiveError as error:
        problems.append(error)
        signed = None
    for problem in problems:
        print_problem(problem)
    shown = {
        "file": str(file),
        "signed by": signed.signer if signed else None,
        "signed at": format_time(signed.signed_at) if signed and signed.signed_at else None,
        "not checked": ", ".join(signed.unchecked) if signed else None,
    }
    if as_json:
        print_json({name.replace(" ", "_"): value for name, value in shown.items()})
    else:
        print_fields((name, value or "—") for name, value in shown.items())
    return FAILED if problems else DONE
