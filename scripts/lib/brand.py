"""Draw the brand images: the icon, and the icon with the name beside it, each for light and dark, in two sizes."""

import asyncio
from pathlib import Path
import sys

from playwright.async_api import async_playwright

ROOT = Path(__file__).parents[2]
ICON = ROOT / "brand" / "icon.svg"
FOLDER = ROOT / "custom_components" / "plex_steward" / "brand"

PAGE = """
<style>
  body {{ margin: 0; background: none }}
  #image {{ display: inline-flex; align-items: center; gap: 32px; height: {height}px; white-space: nowrap;
           font: 600 {text}px "DejaVu Sans", sans-serif; color: {colour} }}
  svg {{ height: {height}px; width: {height}px }}
</style>
<div id="image">{icon}{name}</div>
"""
IMAGES = {
    "icon": {"height": 256, "text": 0, "colour": "none", "name": ""},
    "logo": {"height": 192, "text": 104, "colour": "#22303c", "name": "<span>Plex Steward</span>"},
    "dark_logo": {"height": 192, "text": 104, "colour": "#f4f6f8", "name": "<span>Plex Steward</span>"},
}


async def main(browser_path: str) -> None:
    """Write every image at single and double size."""
    FOLDER.mkdir(exist_ok=True)
    icon = ICON.read_text(encoding="utf-8")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        for scale, suffix in ((1, ""), (2, "@2x")):
            page = await browser.new_page(device_scale_factor=scale, viewport={"width": 1400, "height": 400})
            for name, values in IMAGES.items():
                await page.set_content(PAGE.format(icon=icon, **values))
                target = FOLDER / f"{name}{suffix}.png"
                await page.locator("#image").screenshot(path=target, omit_background=True)
                print(target.relative_to(ROOT))
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
