"""The URL shapes of each site's pages, and how many of them turned out to be articles."""

from collections.abc import Mapping

from sqlalchemy import delete, insert, select

from crawler.discovery.learned_paths import LearnedShape
from crawler.store.database import Database
from crawler.store.schema import url_shapes


class ShapeStore:
    """The learnt shapes of article URLs, by site. Raises StoreError if the database fails."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self, site: str) -> dict[str, LearnedShape]:
        """Return the shapes of `site`, those with the most articles first."""
        rows = url_shapes.c
        query = select(rows.shape, rows.articles, rows.others, rows.example).where(rows.site == site)
        with self._database.read() as connection:
            found = connection.execute(query.order_by(rows.articles.desc(), rows.shape)).all()
        return {row.shape: LearnedShape(row.articles, row.others, row.example) for row in found}

    def save(self, site: str, shapes: Mapping[str, LearnedShape]) -> None:
        """Store what a visit learnt about these shapes of `site`."""
        if not shapes:
            return
        values = [
            {"site": site, "shape": shape, "articles": one.articles, "others": one.others, "example": one.example}
            for shape, one in shapes.items()
        ]
        with self._database.write() as connection:
            of_site = (url_shapes.c.site == site, url_shapes.c.shape.in_(list(shapes)))
            connection.execute(delete(url_shapes).where(*of_site))
            connection.execute(insert(url_shapes), values)
