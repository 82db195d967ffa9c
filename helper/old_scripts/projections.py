"""The projector's settings that a script left in its run, made to find what the script saved.

They name a checkpoint, labels and pictures by paths from the directory that the script gave its
FileWriter, and the settings are in the run instead.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from google.protobuf import text_format
from tensorboard.plugins import projector
from tensorboard.plugins.projector.metadata import PROJECTOR_FILENAME

from helper.files import write_atomically
from helper.tensorflow_v1 import tf


def complete(settings_in: Path, logdir: str) -> None:
    """settings_in: a directory of the run; logdir: the one that the script named instead.

    Does nothing where there are no settings, or none that can be read or written.
    """
    path = settings_in / PROJECTOR_FILENAME
    with contextlib.suppress(OSError, text_format.ParseError, UnicodeDecodeError):
        config = text_format.Parse(path.read_text(), projector.ProjectorConfig())
        if not config.model_checkpoint_path:
            places = (logdir, os.path.dirname(os.path.normpath(logdir)))
            found = next(filter(None, map(tf.train.latest_checkpoint, places)), "")
            config.model_checkpoint_path = os.path.abspath(found) if found else ""
        for embedding in config.embeddings:
            for owner, field in (
                (embedding, "metadata_path"),
                (embedding, "tensor_path"),
                (embedding.sprite, "image_path"),
            ):
                if named := getattr(owner, field):
                    setattr(owner, field, os.path.abspath(os.path.join(logdir, named)))
        write_atomically(path, text_format.MessageToString(config), durable=False)
