"""Shapes of article URLs are kept per site."""

from crawler.discovery.learned_paths import LearnedShape


def test_shapes_are_kept_per_site_and_replaced(store):
    first, second = LearnedShape(1, 0, "http://a.example/a/1"), LearnedShape(2, 1, "http://a.example/a/1")
    store.shapes.save("a", {"/a/#": first, "/b/#": LearnedShape(9, 0, "http://a.example/b/1")})
    store.shapes.save("b", {"/a/#": first})
    store.shapes.save("a", {"/a/#": second})
    assert list(store.shapes.load("a")) == ["/b/#", "/a/#"]
    assert store.shapes.load("a")["/a/#"] == second
    assert store.shapes.load("b") == {"/a/#": first}
    assert store.shapes.load("c") == {}
