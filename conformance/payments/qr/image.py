"""The text of a QR code in an image, by decoders of the optional extra `qr-image`."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from conformance.core.errors import ConfigError

SUFFIXES = (".png", ".jpg", ".jpeg", ".svg")
MAX_OCTETS = 10_000_000
MAX_PIXELS = 25_000_000
SVG_WIDTH = 1200
EXTRA = "the extra qr-image: pip install 'asean-conformance[qr-image]'"


def payload_of(path: Path) -> bytes:
    """The octets that the one QR code of an image holds.

    Raises:
        ConfigError: the decoders are not installed, the file is no image of its kind or too large, or it does not show
            exactly one QR code.
    """
    try:
        octets = path.read_bytes()[: MAX_OCTETS + 1]
    except OSError as error:
        raise ConfigError(str(path), "", f"a file that cannot be read ({error.strerror})", "an image") from None
    if len(octets) > MAX_OCTETS:
        raise ConfigError(str(path), "", f"more than {MAX_OCTETS:,} octets", "a smaller image")
    try:
        import zxingcpp  # noqa: PLC0415 - optional
        from PIL import Image  # noqa: PLC0415
    except ImportError as error:
        raise ConfigError(str(path), "", f"an image, and {error.name} is not installed", EXTRA) from None
    if path.suffix.lower() == ".svg":
        octets = _drawn(path, octets)
    image = _opened(path, octets, Image)
    codes = [each for each in zxingcpp.read_barcodes(image) if "QR" in str(each.format)]
    if len(codes) != 1:
        raise ConfigError(str(path), "", f"{len(codes)} QR codes", "an image of exactly one")
    return bytes(codes[0].bytes)


def _drawn(path: Path, octets: bytes) -> bytes:
    """An SVG image as PNG of bounded width."""
    try:
        import resvg_py  # noqa: PLC0415 - optional
    except ImportError:
        raise ConfigError(str(path), "", "an SVG image, and resvg_py is not installed", EXTRA) from None
    try:
        return bytes(resvg_py.svg_to_bytes(svg_string=octets.decode("utf-8"), width=SVG_WIDTH, height=SVG_WIDTH))
    except Exception as error:  # noqa: BLE001 - whatever a renderer raises on a hostile file
        raise ConfigError(str(path), "", f"what cannot be drawn: {str(error)[:200]}", "an SVG image") from None


def _opened(path: Path, octets: bytes, module: Any) -> Any:
    """The image in grey on white, of a bounded number of pixels."""
    try:
        image = module.open(io.BytesIO(octets), formats=("PNG", "JPEG"))
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise ConfigError(str(path), "", f"{width} x {height} pixels", f"at most {MAX_PIXELS:,}")
        image = image.convert("RGBA")
        paper = module.new("RGBA", image.size, "white")
        paper.alpha_composite(image)
        return paper.convert("L")
    except (OSError, ValueError, SyntaxError) as error:
        raise ConfigError(str(path), "", f"what cannot be opened: {str(error)[:200]}", "a PNG or JPEG image") from None
