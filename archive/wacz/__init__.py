"""Export to WACZ: captures, their index and a list of pages in one file that a browser can replay (WACZ 1.1.1)."""

from archive.selection import Selection
from archive.wacz.export import Export, write_wacz
from archive.wacz.pages import Page
from archive.wacz.signature import SigningKey, is_signed_by

__all__ = ["Export", "Page", "Selection", "SigningKey", "is_signed_by", "write_wacz"]
