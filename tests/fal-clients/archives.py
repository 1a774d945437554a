"""Archives: those that the clients upload, and ours, as other programs read them."""

import io
import json
import math
import os
import random
import subprocess
import zipfile
import zlib

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps, ImageStat

from results import check

SIDE = 640


def photo(number):
    """Draws a face, another for each number."""
    image = Image.new("RGB", (SIDE, SIDE + number), (200 - 9 * number, 190, 120 + 10 * number))
    draw = ImageDraw.Draw(image)
    left = 120 + 7 * number
    draw.ellipse((left, 90, left + 300, 500), fill=(230, 190 - 3 * number, 160))
    for eye in (left + 90, left + 190):
        draw.ellipse((eye, 240, eye + 30, 260), fill=(40, 30 + 9 * number, 60))
    draw.arc((left + 90, 340, left + 220, 420), 0, 180, fill=(150, 40, 50), width=9)
    return image


def photograph(number):
    """Draws a face with the grain of a photo, of a height that is seldom a multiple of what is coded at once."""
    image = photo(number).resize((SIDE, SIDE + 2 * number)).filter(ImageFilter.GaussianBlur(2))
    grain = Image.frombytes("L", image.size, random.Random(number).randbytes(image.width * image.height))
    return Image.blend(image, grain.filter(ImageFilter.GaussianBlur(1)).convert("RGB"), 0.1)


# Orientation, options of Pillow's encoder, and the way that each goes with LIKENESS_REENCODE=when_needed. Those that are
# turned lack the edges at which that would lose something.
PHOTOGRAPHS = [
    (1, {"quality": 90}, "kept"),
    (2, {"quality": 90}, "turned"),
    (3, {"quality": 90}, "requantised"),
    (4, {"quality": 90}, "requantised"),
    (5, {"quality": 90}, "turned"),
    (6, {"quality": 90}, "requantised"),
    (7, {"quality": 90}, "requantised"),
    (8, {"quality": 90}, "turned"),
    (1, {"quality": 85, "subsampling": "4:4:4"}, "kept"),
    (6, {"quality": 85, "subsampling": "4:4:4"}, "requantised"),
    (1, {"quality": 75, "subsampling": "4:2:2"}, "kept"),
    (8, {"quality": 75, "subsampling": "4:2:2"}, "turned"),
    (1, {"quality": 98}, "kept"),
    (1, {"quality": 90, "restart_marker_rows": 1}, "kept"),
    (3, {"quality": 90, "optimize": True}, "requantised"),
    (6, {"quality": 90, "progressive": True}, "pixels"),
]

# The least that ours is nearer to the source than Pillow's result of quality 95, in dB. Through pixels they are alike.
LEAST_GAIN = -0.01


def noise(picture, source):
    """Measures the mean square difference of two pictures."""
    return sum(ImageStat.Stat(ImageChops.difference(picture, source)).sum2) / (3 * source.width * source.height)


def samples(folder, count):
    """Writes a ZIP with Python's own zipfile, and one of the same photos that is larger than 90 MiB."""
    small, large = folder / "photos.zip", folder / "large.zip"
    with zipfile.ZipFile(small, "w", zipfile.ZIP_DEFLATED) as one, zipfile.ZipFile(large, "w") as other:
        for number in range(1, count + 1):
            data = io.BytesIO()
            photo(number).save(data, "JPEG", quality=80)
            one.writestr(f"photo_{number:03}.jpg", data.getvalue())
            padding = os.urandom(91 * 1024 * 1024 // count)
            other.writestr(f"photo_{number:03}.jpg", data.getvalue() + padding)
    return small, large


def checks(likeness, folder, environment):
    """Lists the checks of `likeness pack` by name; they share one archive."""
    photos, archive = folder / "photos", folder / "packed.zip"
    photos.mkdir()
    formats = ["jpg", "png", "webp"]
    for number in range(1, 13):
        photo(number).save(photos / f"{number:02}.{formats[number % 3]}")
    captions = {3: "[trigger] in a garden", 12: "[trigger] и кот, “laughing”"}
    for number, caption in captions.items():
        (photos / f"{number:02}.txt").write_text(caption)

    def pack(target):
        command = [likeness, "pack", photos, "--output", target, "--json"]
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        check("the exit code of pack", (done.returncode, done.stderr if done.returncode else ""), (0, ""))

    def packed():
        pack(archive)
        pack(folder / "again.zip")
        check("the same bytes again", (folder / "again.zip").read_bytes() == archive.read_bytes(), True)
        return f"{archive.stat().st_size} bytes"

    def photographs():
        """Compares what we make of photographs with what Pillow makes of them, at quality 95."""
        taken, worst = folder / "photographs", math.inf
        taken.mkdir()
        for number, (turn, options, _) in enumerate(PHOTOGRAPHS, 1):
            exif = Image.Exif()
            exif[0x0112] = turn
            photograph(number).save(taken / f"{number:02}.jpg", exif=exif, **options)
        for reencode in ("always", "when_needed"):
            settings = {**environment, "LIKENESS_REENCODE": reencode}
            done = subprocess.run([likeness, "check", taken, "--json"], capture_output=True, text=True, env=settings)
            ways = [json.loads(line).get("way") for line in done.stdout.splitlines()[:-1]]
            lossless = [way for *_, way in PHOTOGRAPHS]
            expected = [way if way == "pixels" else "requantised" for way in lossless]
            check(f"ways, {reencode}", ways, expected if reencode == "always" else lossless)
            target = folder / f"{reencode}.zip"
            subprocess.run([likeness, "pack", taken, "--output", target], capture_output=True, env=settings, check=True)
            for number in range(1, len(PHOTOGRAPHS) + 1):
                name = f"{number:02}.jpg, {reencode}"
                with zipfile.ZipFile(target) as opened:
                    ours = Image.open(io.BytesIO(opened.read(f"photo_{number:03}.jpg")))
                    ours.load()
                source = ImageOps.exif_transpose(Image.open(taken / f"{number:02}.jpg")).convert("RGB")
                check(f"the size of {name}", (ours.mode, ours.size), ("RGB", source.size))
                pillow = io.BytesIO()
                source.save(pillow, "JPEG", quality=95)
                gained = 10 * math.log10(noise(Image.open(pillow), source) / max(noise(ours, source), 1e-4))
                worst = min(worst, gained)
                check(f"{name} is as near to its source as Pillow's ({gained:.2f} dB)", gained >= LEAST_GAIN, True)
        return f"at the worst {worst:+.2f} dB from Pillow's"

    def infozip():
        done = subprocess.run(["unzip", "-t", archive], capture_output=True, text=True)
        check("unzip -t", (done.returncode, done.stdout if done.returncode else ""), (0, ""))
        return done.stdout.splitlines()[-1].partition(" of ")[0]

    def python():
        with zipfile.ZipFile(archive) as opened:
            check("the first broken entry", opened.testzip(), None)
            entries = opened.infolist()
            names = {f"photo_{number:03}.jpg" for number in range(1, 13)}
            names |= {f"photo_{number:03}.txt" for number in captions}
            check("names", sorted(entry.filename for entry in entries), sorted(names))
            check("nothing is compressed", {entry.compress_type for entry in entries}, {zipfile.ZIP_STORED})
            check("one date", len({entry.date_time for entry in entries}), 1)
            check("no comment, no extra", (opened.comment, {entry.extra for entry in entries}), (b"", {b""}))
            for entry in entries:
                data = opened.read(entry)
                check(f"the CRC of {entry.filename}", zlib.crc32(data), entry.CRC)
                if entry.filename.endswith(".jpg"):
                    image = Image.open(io.BytesIO(data))
                    image.load()
                    number = int(entry.filename[6:9])
                    check("the picture", (image.format, image.mode, image.size), ("JPEG", "RGB", (SIDE, SIDE + number)))
                    check("no metadata", dict(image.getexif()), {})
            for number, caption in captions.items():
                check("a caption", opened.read(f"photo_{number:03}.txt").decode(), caption)
            return f"{len(entries)} entries, dated {'-'.join(map(str, entries[0].date_time[:3]))}"

    return {"photographs": photographs, "packed_twice": packed, "unzip -t": infozip, "zipfile": python}
