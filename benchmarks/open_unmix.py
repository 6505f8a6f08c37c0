"""Open-Unmix as a rival: its own network from PyPI, trained on our examples, as our predictor.

Needs `pip install torch openunmix`, which SynthGen itself never does.
"""

import importlib.util
import sys
import time
import types
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch

from synthgen_tf.config import Config
from synthgen_tf.data.chain import training_examples
from synthgen_tf.level import mixture_gain
from synthgen_tf.tracks import Track
from synthgen_tf.train.callbacks import learning_rate

if importlib.util.find_spec("torchaudio") is None:  # imported there, but the network needs none
    sys.modules["torchaudio"] = types.ModuleType("torchaudio")

from openunmix.model import OpenUnmix

WINDOW, HOP = 4096, 1024
BANDWIDTH_HZ = 16_000
STATISTICS = 50
"""Batches that mean and deviation of the input are taken from."""


class Rival:
    """A trained network as a `Predictor`: its magnitudes at the mixture's phases, no Wiener filter.

    Args:
        network: from magnitudes to magnitudes, (b, c, k, f).
        config: tells rate, channels, blocks and normalisation.
    """

    def __init__(self, network: OpenUnmix, config: Config):
        self.network, self.config = network.eval(), config
        self.stem, self.segment = config.data.target, config.block
        self.sample_rate, self.channels = config.model.sample_rate, config.model.channels
        self.identity = "open-unmix"

    def __call__(self, blocks: np.ndarray) -> np.ndarray:
        gain = np.array(mixture_gain(blocks, self.config.model.normalisation))
        with torch.inference_mode():
            spectra = to_spectra(torch.from_numpy(blocks * gain))
            estimate = torch.polar(self.network(spectra.abs()), spectra.angle())
            signal = torch.istft(
                estimate.flatten(0, 1), WINDOW, HOP, window=_window(), length=blocks.shape[1]
            )
        shape = (len(blocks), self.channels, blocks.shape[1])
        return signal.reshape(shape).transpose(1, 2).numpy() / gain


def train_open_unmix(tracks: Sequence[Track], config: Config, minutes: float, file: Path) -> int:
    """Train Open-Unmix by its own loss, squared error of magnitudes, at our examples and schedule.

    Returns:
        The steps taken; the weights are written to the file.
    """
    torch.manual_seed(config.seed)
    examples = iter(training_examples(tracks, config))
    network = new_network(_statistics(next(examples)[0] for _ in range(STATISTICS)), config)
    optimizer = torch.optim.Adam(network.parameters(), weight_decay=1e-5)
    start, steps, done = time.monotonic(), 0, 0.0
    while done < 1.0:
        mixture, target = (
            to_spectra(torch.from_numpy(each.numpy())).abs() for each in next(examples)
        )
        optimizer.param_groups[0]["lr"] = learning_rate(config.training, done)
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(network(mixture), target).backward()
        optimizer.step()
        steps += 1
        done = (time.monotonic() - start) / (60.0 * minutes)
    torch.save({"network": network.state_dict(), "steps": steps}, file)
    return steps


def load_open_unmix(file: Path, config: Config) -> tuple[Rival, int]:
    """Load what `train_open_unmix` wrote, and its steps."""
    saved = torch.load(file)
    bins = saved["network"]["input_mean"].shape[0]
    network = new_network((np.zeros(bins), np.ones(bins)), config)
    network.load_state_dict(saved["network"])
    return Rival(network, config), saved["steps"]


def new_network(statistics: tuple[np.ndarray, np.ndarray], config: Config) -> OpenUnmix:
    """Make the network as published: 3 BiLSTM layers of 512, its input cut at 16 kHz."""
    mean, deviation = statistics
    bins = BANDWIDTH_HZ * WINDOW // config.model.sample_rate
    return OpenUnmix(
        nb_bins=WINDOW // 2 + 1,
        nb_channels=config.model.channels,
        input_mean=mean,
        input_scale=deviation,
        max_bin=bins,
    )


def to_spectra(signal: torch.Tensor) -> torch.Tensor:
    """Transform signals (b, t, c) to complex spectra (b, c, k, f)."""
    channels = signal.transpose(1, 2)
    spectra = torch.stft(channels.flatten(0, 1), WINDOW, HOP, window=_window(), return_complex=True)
    return spectra.unflatten(0, channels.shape[:2])


def _window() -> torch.Tensor:
    return torch.hann_window(WINDOW)


def _statistics(mixtures: Iterable) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and deviation of the magnitudes of every bin, the latter not near zero."""
    magnitudes = [to_spectra(torch.from_numpy(each.numpy())).abs() for each in mixtures]
    bins = torch.cat([each.movedim(2, -1).flatten(0, -2) for each in magnitudes]).numpy()
    deviation = bins.std(axis=0)
    return bins.mean(axis=0), np.maximum(deviation, 1e-4 * deviation.max())
