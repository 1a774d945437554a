"""Pillow, with libheif on one thread, as a peer of the bench: a job is a line `WAY FILE`, the answer its CPU time in microseconds."""

import io
import pathlib
import sys
import time
import zipfile

import pillow_heif
from PIL import Image, ImageCms, ImageOps

pillow_heif.options.DECODE_THREADS = 1
pillow_heif.register_heif_opener()

Image.MAX_IMAGE_PIXELS = None
SRGB = ImageCms.createProfile("sRGB")


def opened(photo):
    """Opens a photo as a careful program does."""
    Image.open(io.BytesIO(photo)).verify()
    return ImageOps.exif_transpose(Image.open(io.BytesIO(photo))).convert("RGB")


def saved(image):
    file = io.BytesIO()
    image.save(file, "JPEG", quality=95)
    return file.getvalue()


def clean(photo):
    return saved(opened(photo))


def to_srgb(photo):
    image = opened(photo)
    profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
    return saved(ImageCms.profileToProfile(image, profile, SRGB))


def to_1024(photo):
    image = opened(photo)
    image.thumbnail((1024, 1024), Image.Resampling.LANCZOS)
    return saved(image)


def to_rgb(photo):
    """Decodes, and does not encode."""
    return opened(photo).tobytes()


def pack(photos):
    """Makes a folder's photos clean, and stores them in a ZIP."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number, photo in enumerate(photos, 1):
            archive.writestr(f"photo_{number:03}.jpg", clean(photo))
    return file.getvalue()


WAYS = {"clean": clean, "to_srgb": to_srgb, "to_1024": to_1024, "to_rgb": to_rgb, "pack": pack}

for line in sys.stdin:
    way, name = line.rstrip("\n").split(" ", 1)
    path = pathlib.Path(name)
    photo = [one.read_bytes() for one in sorted(path.iterdir())] if path.is_dir() else path.read_bytes()
    begin = time.process_time()
    try:
        made = WAYS[way](photo)
        print(int((time.process_time() - begin) * 1e6), len(made), flush=True)
    except Exception as error:
        print("failed", repr(error), flush=True)
