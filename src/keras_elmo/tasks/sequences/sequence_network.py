"""The network that writes a sequence, and the batches that it learns from."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_elmo._values import SEED
from keras_elmo.batching.batches import TargetFunction
from keras_elmo.batching.sequence_batches import (
    TARGET_IDS,
    SequenceBatches,
    padded_targets,
)
from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.layers.attention_decoder import AttentionDecoder
from keras_elmo.layers.spelled_words import SpelledWords
from keras_elmo.runtime.examples import Examples
from keras_elmo.tasks.encoder import TextEncoder
from keras_elmo.tasks.sequences.sequence_loss import SequenceLoss
from keras_elmo.tasks.task import ElmoTask
from keras_elmo.text.symbols import (
    CHARACTER_STEPS,
    SOURCE_IDS,
    WORD_PLACES,
    WORDS,
    SourceReader,
    TargetSymbols,
)


class SequenceNetwork(ElmoTask):
    """ELMo → BiLSTM → LSTM decoder with attention.

    Its arguments are those of [`ElmoSeq2Seq`][keras_elmo.tasks.sequences.seq_2_seq.ElmoSeq2Seq].
    """

    has_classes = False

    def __init__(
        self,
        backbone: ElmoBackbone,
        *,
        target_vocabulary: Sequence[str] = (),
        target: str = WORDS,
        source_characters: Sequence[str] | None = None,
        character_dim: int = 64,
        decoder_units: int = 256,
        symbol_dim: int = 128,
        attention: str = "luong",
        copy: bool = False,
        label_smoothing: float = 0.0,
        scheduled_sampling: float = 0.0,
        sampling_steps: int = 10_000,
        max_target_length: int = 100,
        **kwargs: Any,
    ):
        if kwargs.get("mix_at_output") and source_characters is not None:
            raise ValueError(
                "`mix_at_output` puts vectors of words beside outputs of words. "
                "Received: mix_at_output=True with `source_characters`"
            )
        if kwargs.get("labels") or kwargs.get("num_classes"):
            raise ValueError(
                "sequences have no classes. Received: labels or num_classes. Give the symbols that "
                "can be written: `target_vocabulary=find_symbols(y)`."
            )
        if len(set(target_vocabulary)) < max(2, len(target_vocabulary)):
            raise ValueError(
                "`target_vocabulary` must hold at least two different symbols, and none twice. "
                f"Received: {list(target_vocabulary)!r:.80}"
            )
        # Before Keras's own constructor, which calls what builds and compiles.
        self.target_vocabulary = list(target_vocabulary)
        self.symbols = TargetSymbols(target_vocabulary, target)
        self.reader = SourceReader(source_characters)
        self.target = target
        self.source_characters = source_characters and list(source_characters)
        self.character_dim = character_dim
        self.decoder_units = decoder_units
        self.symbol_dim = symbol_dim
        self.attention = attention
        self.copy = copy
        self.label_smoothing = label_smoothing
        self.scheduled_sampling = scheduled_sampling
        self.sampling_steps = sampling_steps
        self.max_target_length = max_target_length
        super().__init__(backbone, **kwargs)

    def build_graph(self, backbone: ElmoBackbone, encoder: TextEncoder) -> Any:
        inputs = dict(backbone.input)
        features, mask = backbone(backbone.input), inputs["padding_mask"]
        x = encoder.words(inputs, features)  # (batch, tokens, features)
        if self.source_characters is not None:
            for name in (CHARACTER_STEPS, WORD_PLACES):
                inputs[name] = keras.Input((None,), dtype="int32", name=name)
            spell = SpelledWords(
                len(self.source_characters) + 2, self.character_dim, name="spelled_words"
            )
            x = spell(x, inputs[CHARACTER_STEPS], inputs[WORD_PLACES])
            mask = ops.not_equal(inputs[CHARACTER_STEPS], 0)
        if self.copy:
            inputs[SOURCE_IDS] = keras.Input((None,), dtype="int32", name=SOURCE_IDS)
        x = encoder.contextual(x, features, mask)
        return inputs, features, self._decoded(inputs, x, mask)

    def _decoded(self, inputs: dict[str, Any], x: Any, mask: Any) -> Any:
        """What the decoder writes for steps of the source, float `(batch, steps, features)`."""
        # A model of its own for prediction; hidden, so that Keras does not count its layers twice.
        self._graph = graph = SimpleNamespace()
        graph.encoder = keras.Model(dict(inputs), {"memory": x, "mask": mask})
        graph.decoder = AttentionDecoder(
            self.symbols.size,
            self.decoder_units,
            embedding_dim=self.symbol_dim,
            unknown_id=TargetSymbols.unknown,
            attention=self.attention,
            copy=self.copy,
            dropout=self.encoder.dropout,
            scheduled_sampling=self.scheduled_sampling,
            sampling_steps=self.sampling_steps,
            dtype="float32",
            name="decoder",
        )
        inputs[TARGET_IDS] = keras.Input((None,), dtype="int32", name=TARGET_IDS)
        copied = {SOURCE_IDS: inputs[SOURCE_IDS]} if self.copy else {}
        return graph.decoder(x, inputs[TARGET_IDS], **copied, mask=mask)

    def default_loss(self) -> keras.losses.Loss:
        return SequenceLoss(self.label_smoothing)

    # === Training ===

    def make_batches(
        self,
        examples: Examples,
        *,
        batch_size: int = 32,
        class_weight: Mapping[Any, float] | str | None = None,
        shuffle: bool = False,
        seed: int = SEED,
    ) -> SequenceBatches:
        sentences, y = examples.x, examples.y
        function = self.target_function(sentences, y, class_weight, examples.weights)
        lengths = [len(self.symbols.split(text)) + 1 for text in y]  # and the end
        return self._source_batches(
            sentences,
            target_lengths=np.array(lengths, np.int64),
            sequence_targets=function,
            batch_size=batch_size,
            shuffle=shuffle,
            seed=seed,
        )

    def target_function(
        self,
        sentences: list[list[str]],
        y: Sequence[Any],
        class_weight: Mapping[Any, float] | str | None,
        sample_weight: Any,
    ) -> TargetFunction:
        """The symbols of a batch, padded to a length, and their weights."""
        if class_weight is not None:
            raise ValueError(
                "sequences have no classes to weigh: give `sample_weight`. "
                f"Received: class_weight={class_weight!r}"
            )
        targets = []
        for i, (tokens, text) in enumerate(zip(sentences, y, strict=True)):
            symbols = self.symbols.split(text)
            if not symbols or not tokens:
                side = "target" if tokens else "source"
                raise ValueError(f"both sides must hold something. Received: {side} {i} is empty")
            targets.append(self.symbols.encode(symbols, self.copied_steps(tokens)))
        return padded_targets(targets, np.asarray(sample_weight))

    def _source_batches(self, sentences: list[list[str]], **options: Any) -> SequenceBatches:
        sources = [self.reader(tokens) for tokens in sentences]
        copied = [self.symbols.source_ids(source.steps) for source in sources if self.copy] or None
        arguments = sentences, self._preprocessor, list(self.input)
        return SequenceBatches(*arguments, sources=sources, copied=copied, **options)
