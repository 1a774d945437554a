"""Makes the variants of a folder's upright photos that only Pillow's encoders make: FOLDER PROFILE."""

import pathlib
import sys

import pillow_heif
from PIL import Image

pillow_heif.register_heif_opener()

Image.MAX_IMAGE_PIXELS = None
# PNGs of large photos have some 40 MB, above what the product takes; HEICs take long to make.
MOST_PIXELS = 13_000_000

folder, profile = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).read_bytes()
for photo in sorted((folder / "upright").iterdir()):
    image = Image.open(photo)
    image.save(folder / "progressive" / photo.name, "JPEG", quality=92, progressive=True)
    image = image.convert("RGB")
    image.save(folder / "profiled" / photo.name, "JPEG", quality=92, icc_profile=profile)
    if image.width * image.height <= MOST_PIXELS:
        png = folder / "png" / photo.with_suffix(".png").name
        image.save(png, "PNG")
        if png.stat().st_size > 32_000_000:
            png.unlink()
        image.save(folder / "profiled-heic" / photo.with_suffix(".heic").name, "HEIF", quality=80, icc_profile=profile)
        image.save(folder / "webp" / photo.with_suffix(".webp").name, "WEBP", quality=85)
for png in sorted((folder / "png").iterdir()):
    image = Image.open(png).convert("RGB")
    image.save(folder / "profiled-png" / png.name, "PNG", icc_profile=profile)
