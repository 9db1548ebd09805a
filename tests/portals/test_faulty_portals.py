"""Generated portals with random faults: every article that was served is stored or named, and the sums balance."""

import faulty_portals
import pytest


@pytest.mark.parametrize("seed", [2, 3, 12])
def test_every_article_of_a_faulty_portal_is_stored_or_named(tmp_path, seed):
    faulty_portals.check_portal(seed, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [5, 13, 18, 26])
def test_every_article_of_a_portal_with_kills_and_many_faults_is_stored_or_named(tmp_path, seed):
    faulty_portals.check_portal(seed, tmp_path)
