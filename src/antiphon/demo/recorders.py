"""The demo's two recorders: what they call their files, and what they write into them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from antiphon.scenes.weather import Recorder

__all__ = ["DEPLOYMENTS", "Site", "wave_bytes"]

_AUDIOMOTH = "24E144085F256198"


@dataclass(frozen=True)
class Site:
    """One deployment of the demo.

    Attributes
    ----------
    deployment, site, latitude, longitude, recorder, utc_offset, filename_time
        As in the table of deployments.
    offset_min
        ``utc_offset`` in minutes.
    place
        How it sounds when nothing happens.
    gain_db
        Root-mean-square level of that, dB re full scale.
    file_name
        Name of the recording that starts at a local time.
    comment
        What the recorder writes into the recording that starts at a local time, or None.
    """

    deployment: str
    site: str
    latitude: float
    longitude: float
    recorder: str
    utc_offset: str
    filename_time: str
    offset_min: int
    place: Recorder
    gain_db: float
    file_name: Callable[[datetime], str]
    comment: Callable[[datetime], str | None]


def _audiomoth_utc(local: datetime) -> datetime:
    return local - timedelta(hours=8)


def _audiomoth_name(local: datetime) -> str:
    return f"{_audiomoth_utc(local):%Y%m%d_%H%M%S}.WAV"


def _audiomoth_comment(local: datetime) -> str:
    warmth = 24.0 - 6.0 * np.cos((local.hour + local.minute / 60 - 2) * np.pi / 12)
    return (
        f"Recorded at {_audiomoth_utc(local):%H:%M:%S %d/%m/%Y} (UTC) by AudioMoth {_AUDIOMOTH} at medium gain setting "
        f"while battery state was 4.1V and temperature was {warmth:.1f}C."
    )


def _song_meter_name(local: datetime) -> str:
    return f"S4A03895_{local:%Y%m%d_%H%M%S}.wav"


def _no_comment(local: datetime) -> None:
    return None


DEPLOYMENTS = (
    Site(
        deployment="A1",
        site="forest edge",
        latitude=4.75,
        longitude=116.97,
        recorder="AudioMoth",
        utc_offset="+08:00",
        filename_time="utc",
        offset_min=8 * 60,
        place=Recorder(48_000, 60.0, -0.8, 18.0, 900.0, 6.0, 1500.0),
        gain_db=-52.0,
        file_name=_audiomoth_name,
        comment=_audiomoth_comment,
    ),
    Site(
        deployment="20190522",
        site="meadow",
        latitude=-12.83,
        longitude=-69.29,
        recorder="Song Meter",
        utc_offset="-05:00",
        filename_time="local",
        offset_min=-5 * 60,
        place=Recorder(22_050, 15.0, -1.2, 32.0, 700.0, 0.0, 1000.0),
        gain_db=-46.0,
        file_name=_song_meter_name,
        comment=_no_comment,
    ),
)
"""Names on purpose: one that looks like a short code and one that looks like a date."""


def wave_bytes(samples: np.ndarray, rate_hz: int, comment: str | None = None) -> bytes:
    """Return a WAV file of one channel and 16 bits.

    Parameters
    ----------
    samples
        Shape (n,), float, full scale 1.0.
    rate_hz
        Sample rate.
    comment
        What an AudioMoth writes about the recording: a LIST chunk with ICMT and IART before the samples; None: no such
        chunk.
    """
    pcm = np.clip(np.rint(np.asarray(samples, dtype=np.float64) * 32768), -32768, 32767).astype("<i2").tobytes()
    layout = _chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, rate_hz, 2 * rate_hz, 2, 16))
    about = b""
    if comment is not None:
        author = f"AudioMoth {_AUDIOMOTH}".encode("ascii")
        # An AudioMoth keeps 384 and 32 bytes for the two texts, filled up with zeros.
        about = _chunk(
            b"LIST",
            b"INFO"
            + _chunk(b"ICMT", comment.encode("ascii").ljust(384, b"\0"))
            + _chunk(b"IART", author.ljust(32, b"\0")),
        )
    return _chunk(b"RIFF", b"WAVE" + layout + about + _chunk(b"data", pcm))


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
