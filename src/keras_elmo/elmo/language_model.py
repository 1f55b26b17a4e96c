"""ELMo as what it was trained as: a language model that predicts the next and the previous word."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Self

import keras
import numpy as np
from keras import ops

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.softmax_file import read_checkpoint, read_softmax
from keras_elmo.elmo.variables import is_loaded_by_keras, without_values
from keras_elmo.layers.adaptive_softmax import AdaptiveSoftmax
from keras_elmo.layers.sampled_softmax import SampledSoftmax
from keras_elmo.layers.torch_state import as_torch_module
from keras_elmo.text.vocabulary import Vocabulary
from keras_elmo.weights.errors import WeightsError
from keras_elmo.weights.formats.bilm_tf_checkpoint import checkpoint_prefix
from keras_elmo.weights.language_model import check_language_model
from keras_elmo.weights.sources.location import locate
from keras_elmo.weights.sources.presets import SOFTMAX_FILE, VOCABULARY_FILE
from keras_elmo.weights.sources.published import PublishedElmo


@keras.saving.register_keras_serializable("keras_elmo")
class ElmoLanguageModel(keras.Model):
    r"""The bidirectional language model over an `ElmoBackbone` (Peters et al. 2018, §3.1).

    Minimises the mean of $-\log p(w_t \mid w_{<t})$ and $-\log p(w_t \mid w_{>t})$; both
    directions share the character CNN and the softmax. The character CNN runs once per distinct
    word of the batch.

    Args:
        backbone: a character-input `ElmoBackbone`; training changes its variables in place.
        vocabulary_size: number of words of the softmax, `<S>`, `</S>`, `<UNK>` included.
        cutoffs: None for a `SampledSoftmax`, whose full form needs no candidates; those of an
            [`AdaptiveSoftmax`][keras_elmo.layers.adaptive_softmax.AdaptiveSoftmax] for that one.

    Attributes:
        vocabulary: the words of the softmax; of a model that `from_preset` loaded.

    Call arguments (a dict):
        type_characters: a tuple of int32 `(types, characters)`, the distinct words of the batch in
            groups of any widths. A row may end earlier than `max_characters_per_token` if it ends
            with as many padding characters as the widest filter.
        type_index: int32 `(2, batch, time)`, the words that the forward and the backward direction
            read, both in the order of the text: rows of all groups one below the other.
        targets: int32 `(2, batch, time)`, the word that each step predicts, as an id of the
            softmax: the next word forwards, the previous one backwards.
        target_log_counts, candidates, candidate_log_counts: for the sampled softmax, see
            [`SampledSoftmax`][keras_elmo.layers.sampled_softmax.SampledSoftmax]; leave them out for
            the full softmax. target_log_counts: float `(2, batch, time)`.
        tail_rows, tail_place: for the adaptive softmax, which does without them too. tail_place:
            int32 `(2, batch, time)`.

    Returns:
        float32 `(2, batch, time)`: the loss of each prediction in nats, forwards and backwards.
    """

    vocabulary: Vocabulary

    def __init__(
        self,
        backbone: ElmoBackbone,
        vocabulary_size: int,
        cutoffs: Sequence[int] | None = None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        config = backbone.config
        if config.boundaries is not None or not config.has_bilm:
            raise ValueError(
                "a language model reads bytes or words, as bilm-tf's do, its two directions apart. "
                f"Received: a backbone with {config.num_characters:,} characters and the encoder "
                f"{config.encoder!r} (of ELMoForManyLangs). Use it for features."
            )
        # === Layers ===
        self.backbone = backbone
        self.output_dropout = keras.layers.Dropout(config.dropout)
        if cutoffs is None:
            self.softmax: Any = SampledSoftmax(
                vocabulary_size, product_dtype=backbone.bilm.compute_dtype, name="softmax"
            )
        else:
            self.softmax = AdaptiveSoftmax(vocabulary_size, cutoffs, name="softmax")
        self.softmax.build((None, config.projection_dim))

        # === Config ===
        self.vocabulary_size = vocabulary_size
        self.cutoffs = cutoffs and list(cutoffs)
        self.built = True
        as_torch_module(self)

    @classmethod
    def from_preset(
        cls, preset: str | PathLike[str], *, vocabulary: str | PathLike[str] | None = None
    ) -> Self:
        """Load the language model of a preset, or of a training checkpoint of bilm-tf.

        Args:
            preset: a name, a preset folder, `hf://user/name`, or a checkpoint: its folder or
                `folder/model.ckpt-N`, with the training's `options.json` beside it. Checkpoints are
                read with TensorFlow.
            vocabulary: the words of a checkpoint, one a line, `<S> </S> <UNK>` first; by default
                the only file `vocab*.txt` of its folder. A preset has its own.

        Raises:
            FileNotFoundError: no such preset, or a file of the checkpoint is missing.
            ImportError: a checkpoint, and TensorFlow is not installed.
            ValueError: the preset is an ELMo without its language model.
            WeightsError: the files do not fit together.

        Example:
            >>> model = ElmoLanguageModel.from_preset("my_elmo/preset")
            >>> model.vocabulary_size == len(model.vocabulary)
            True
        """
        place = locate(preset)
        elmo: Path | PublishedElmo = place
        cutoffs, arrays = None, {}
        if (prefix := checkpoint_prefix(place)) is not None:
            elmo, words, arrays = read_checkpoint(prefix, vocabulary)
        else:
            check_language_model(place, vocabulary)
            words, cutoffs, arrays = read_softmax(place)
        backbone = ElmoBackbone.from_preset(elmo)
        model = without_values(lambda: cls(backbone, len(words), cutoffs))
        expected = {variable.name: tuple(variable.shape) for variable in model.softmax.weights}
        received = {name: array.shape for name, array in arrays.items()}
        if received != expected:
            raise WeightsError(
                f"{place / SOFTMAX_FILE} must hold {expected} for the {len(words):,} words of "
                f"{VOCABULARY_FILE}. Received: {received}"
            )
        for variable in model.softmax.weights:
            variable.assign(arrays[variable.name][:].astype(np.float32))
        model.vocabulary = words
        return model

    def call(self, inputs, training=None):
        backbone, size = self.backbone, self.backbone.config.projection_dim
        types = ops.concatenate(
            [backbone.word_layer(group) for group in inputs["type_characters"]]
        )  # (types, P)
        words = ops.take(types, inputs["type_index"], axis=0)  # (2, batch, time, P)
        hidden = [  # (batch, time, P) each
            backbone.bilm.run_direction(lstms, words[side], training=training)[-1]
            for side, lstms in enumerate(
                (backbone.bilm.forward_layers, backbone.bilm.backward_layers)
            )
        ]
        hidden = self.output_dropout(ops.stack(hidden), training=training)
        targets = inputs["targets"]
        arguments = {}
        for name in ("candidates", "candidate_log_counts", "tail_rows"):
            if name in inputs:
                arguments[name] = inputs[name]
        for name in ("target_log_counts", "tail_place"):
            if name in inputs:
                arguments[name] = ops.reshape(inputs[name], (-1,))
        losses = self.softmax(
            ops.reshape(hidden, (-1, size)), ops.reshape(targets, (-1,)), **arguments
        )
        return ops.reshape(losses, ops.shape(targets))

    def rebuilt(self, **changes: Any) -> Self:
        """A copy on a backbone with some other arguments, such as `stateful` or `dtype`."""

        def build() -> Self:
            backbone = ElmoBackbone(**{**self.backbone.get_config(), **changes})
            return type(self)(backbone, self.vocabulary_size, self.cutoffs)

        copy = without_values(build)
        copy.set_weights(self.get_weights())
        return copy

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return ops.mean(y_pred)

    def get_config(self):
        return super().get_config() | {
            "backbone": keras.saving.serialize_keras_object(self.backbone),
            "vocabulary_size": self.vocabulary_size,
            "cutoffs": self.cutoffs,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        def build() -> Self:
            backbone = keras.saving.deserialize_keras_object(config["backbone"])
            return cls(**{**config, "backbone": backbone})

        return without_values(build) if is_loaded_by_keras() else build()
