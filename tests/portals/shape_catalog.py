"""All shapes of generated portals that are crawled by a short site file and by `site add`."""

from portal_shapes import ShapedPortal
from shapes_entry import ENTRY_SHAPES
from shapes_json import JSON_SHAPES
from shapes_learned import LEARNED_SHAPES
from shapes_lists import LIST_SHAPES
from shapes_parts import PART_SHAPES

#: Every shape once. Add new ones in a module of their own and name them here.
CATALOG: tuple[type[ShapedPortal], ...] = (*LIST_SHAPES, *PART_SHAPES, *ENTRY_SHAPES, *JSON_SHAPES, *LEARNED_SHAPES)

#: Articles per portal: enough for several pages of every list.
ARTICLES = 40
