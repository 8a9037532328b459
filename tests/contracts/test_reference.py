"""docs/reference.md tells of everything there is, as ``scripts/docs`` wrote it."""

from scripts.lib import reference

from .reading import english, text


def test_the_page_is_current():
    assert text(reference.PAGE) == reference.render(), "run scripts/docs"


def test_it_leaves_nothing_out():
    page, texts = text(reference.PAGE), english()
    keys = [key for platform in texts["entity"].values() for key in platform]
    keys += [f"plex_steward.{name}" for name in texts["services"]]
    keys += [field for action in texts["services"].values() for field in action.get("fields", {})]
    keys += [field for step in texts["options"]["step"].values() for field in step.get("data", {})]
    assert [key for key in keys if f"`{key}`" not in page] == []


def test_every_entity_has_its_device():
    assert "### Others" not in text(reference.PAGE)
