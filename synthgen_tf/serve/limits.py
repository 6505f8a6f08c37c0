"""What a service is willing to take on."""

from dataclasses import dataclass

from synthgen_tf.errors import InputError


@dataclass(frozen=True)
class Limits:
    """What a service takes on at most, in size, length and time.

    Attributes:
        upload_mb: largest body, 10^6 bytes.
        receive_seconds: time that a body may take to arrive.
        audio_seconds: longest music.
        wait_seconds: music up to this long is answered at once, longer becomes a job.
        queue: separations that may wait or run.
        keep_seconds: how long a result can be fetched.
        disk_mb: room for uploads and results, 10^6 bytes.
    """

    upload_mb: float = 500.0
    receive_seconds: float = 300.0
    audio_seconds: float = 3600.0
    wait_seconds: float = 60.0
    queue: int = 16
    keep_seconds: float = 1800.0
    disk_mb: float = 8000.0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value > 0:
                raise InputError(f"{name} is {value}: expected a number above 0")
