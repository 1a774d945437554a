"""Pillow as a peer of the bench: a job is a line `WAY FILE`, the answer its CPU time in microseconds."""

import io
import sys
import time

from PIL import Image, ImageOps

Image.MAX_IMAGE_PIXELS = None


def opened(photo):
    """Opens a photo as a careful program does."""
    Image.open(io.BytesIO(photo)).verify()
    return ImageOps.exif_transpose(Image.open(io.BytesIO(photo))).convert("RGB")


def saved(image):
    file = io.BytesIO()
    image.save(file, "JPEG", quality=95)
    return len(file.getvalue())


def reencode(photo):
    return saved(opened(photo))


def turn(photo):
    """Turns every photo, as exif_transpose turns those that ask for it."""
    Image.open(io.BytesIO(photo)).verify()
    image = Image.open(io.BytesIO(photo)).transpose(Image.Transpose.ROTATE_270)
    return saved(image.convert("RGB"))


def to_1024(photo):
    image = opened(photo)
    image.thumbnail((1024, 1024), Image.Resampling.LANCZOS)
    return saved(image)


WAYS = {"reencode": reencode, "turn": turn, "to_1024": to_1024}

for line in sys.stdin:
    way, name = line.rstrip("\n").split(" ", 1)
    with open(name, "rb") as file:
        photo = file.read()
    begin = time.process_time()
    try:
        length = WAYS[way](photo)
        print(int((time.process_time() - begin) * 1e6), length, flush=True)
    except Exception as error:
        print("failed", repr(error), flush=True)
