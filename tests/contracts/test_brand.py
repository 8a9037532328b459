"""The brand images as Home Assistant's brand rules want them."""

from PIL import Image
import pytest

from .reading import INTEGRATION

BRAND = INTEGRATION / "brand"
SIZES = {"icon": (256, 256), "logo": (128, 256), "dark_logo": (128, 256)}
"""Least and greatest shortest side at single size; double for @2x."""


@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize("name", SIZES)
def test_image(name, scale):
    least, most = (side * scale for side in SIZES[name])
    with Image.open(BRAND / f"{name}{'' if scale == 1 else '@2x'}.png") as image:
        assert image.format == "PNG"
        assert least <= min(image.size) <= most
        assert name != "icon" or image.width == image.height
        alpha = image.convert("RGBA").getchannel("A")
        assert alpha.getextrema() == (0, 255), "transparent around the drawing, opaque in it"
        drawn = alpha.point(lambda value: 255 if value > 16 else 0).getbbox()
        assert drawn
        left, top, right, bottom = drawn
        margin = 0.1 * min(image.size)
        assert left <= margin
        assert top <= margin
        assert image.width - right <= margin
        assert image.height - bottom <= margin


def test_nothing_else_lies_there():
    names = {f"{name}{suffix}.png" for name in SIZES for suffix in ("", "@2x")}
    assert {path.name for path in BRAND.iterdir()} == names
