"""From one sequence to another: pronunciations, lemmas, normal forms, short translations."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Self

import keras

from keras_elmo.data.datasets import SEQ2SEQ, Dataset
from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.runtime.beam_search import Hypothesis
from keras_elmo.runtime.keywords import PREDICT, check_keywords, parameter_names
from keras_elmo.runtime.manifest import STEP
from keras_elmo.runtime.targets import WritesTargets
from keras_elmo.tasks.described_task import Output
from keras_elmo.tasks.sequences.decoding import TargetSearch
from keras_elmo.tasks.sequences.sequence_network import SequenceNetwork
from keras_elmo.text.symbols import CHARACTERS, WORDS, TargetSymbols, find_characters

if TYPE_CHECKING:
    from onnx import ModelProto

    from keras_elmo.export.task_graph import TaskGraph


@keras.saving.register_keras_serializable("keras_elmo")
class ElmoSeq2Seq(WritesTargets, SequenceNetwork):
    """ELMo → BiLSTM → LSTM decoder with attention → words or characters.

    `x` holds strings or token lists, `y` a string or a list of symbols for each. `predict` returns
    the best text for each, `generate` several with their scores.

    The encoder reads a step for each token, or, with `source_characters`, for each character: its
    own trainable vector beside ELMo's vector of the word that it stands in, see
    [`SpelledWords`][keras_elmo.layers.spelled_words.SpelledWords]. That suits what depends on the
    spelling: ELMo knows words, not letters.

    Args:
        backbone: the ELMo.
        target_vocabulary: at least two symbols that can be written, such as `find_symbols(y)` from
            `keras_elmo.text.symbols`: all others are `<UNK>`.
        target: `"words"`, which spaces separate, or `"characters"`.
        source_characters: the characters that get a vector, such as `find_characters(tokens)`;
            others share one. None reads words.
        character_dim: size of such a vector.
        decoder_units: of the decoder's LSTM.
        symbol_dim: size of the vector of a written symbol.
        attention: `"luong"` or `"bahdanau"`.
        copy: also copy steps of the source, known or not; see
            [`AttentionDecoder`][keras_elmo.layers.attention_decoder.AttentionDecoder].
        label_smoothing: of the loss, see
            [`SequenceLoss`][keras_elmo.tasks.sequences.sequence_loss.SequenceLoss].
        scheduled_sampling, sampling_steps: share of given symbols that are replaced in training by
            the decoder's own, and after how many steps it is reached.
        max_target_length: symbols that are written at most.
        kwargs: see [`ElmoTask`][keras_elmo.tasks.task.ElmoTask]. `dropout` counts for the decoder,
            too.

    Example:
        ```python
        words, sounds = ["cat", "dog"], ["K AE1 T", "D AO1 G"]
        speller = keras_elmo.ElmoSeq2Seq.from_preset(
            "elmo_mini_en", target_vocabulary=find_symbols(sounds), source_characters=[*"acdgot"]
        )
        speller.fit(words, sounds, epochs=50)
        speller.generate(["tag"], beam=4, n_best=2)
        ```
    """

    kinds = (SEQ2SEQ,)
    head_rate = 1e-3  # pronunciations: at 4e-3 1.3 points of symbols less are right
    _search: TargetSearch | None = None

    # === Prediction ===

    def predict(self, x: Any, *, batch_size: int = 32, **kwargs: Any) -> Any:
        """The best text for each source; `kwargs` as of `generate`."""
        if not self._takes_sentences(x):
            return super().predict(x, batch_size=batch_size, **kwargs)
        known = parameter_names(ElmoSeq2Seq.predict, ElmoSeq2Seq.generate)
        check_keywords(kwargs, [*known, *PREDICT], "predict")
        kwargs.pop("verbose", None)
        return [found[0].text for found in self.generate(x, batch_size=batch_size, **kwargs)]

    def search(
        self, sentences: list[list[str]], batch_size: int, **options: Any
    ) -> Iterator[tuple[int, list[Hypothesis]]]:
        batches = self._source_batches(sentences, batch_size=batch_size)
        self._search = self._search or TargetSearch(self._graph.encoder, self._graph.decoder)
        yield from self._search(batches, **options)

    # === Description ===

    @classmethod
    def for_dataset(
        cls,
        dataset: Dataset,
        backbone: ElmoBackbone,
        *,
        source: str = WORDS,
        **arguments: Any,
    ) -> Self:
        """See `DescribedTask`; at most twice as much is written as the longest target in training.

        Args:
            source: `"characters"` gives all characters that there are a vector.
        """
        characters = None
        if source == CHARACTERS:
            characters = find_characters(arguments["preprocessor"].tokenize(dataset.texts))
        symbols = TargetSymbols([], arguments.get("target", WORDS))
        longest = max(len(symbols.split(text)) for text in dataset.labels)
        own = {"source_characters": characters, "max_target_length": 2 * longest}
        own["target_vocabulary"] = arguments.pop("labels")
        return super().for_dataset(dataset, backbone, **own | arguments)

    @property
    def label_counts(self) -> dict[str, int]:
        return {"symbols": len(self.target_vocabulary)}

    def data_facts(self, rows: Dataset, *, held_out: bool = False) -> dict[str, int]:
        facts = super().data_facts(rows, held_out=held_out)
        unknown = self.unknown_tokens(rows.texts, rows.labels)
        return facts | ({"unknown_tokens": unknown} if unknown else {})

    @property
    def graph_outputs(self) -> dict[str, Output]:
        meaning = "the log-probability of each symbol, and with `copy` of each step of the source"
        return {"decoder": Output(meaning, ("texts", "steps", "symbols"))}

    # === Export ===

    def onnx_outputs(self, graph: "TaskGraph") -> dict[str, str]:
        from keras_elmo.export.sequences import read_source

        return read_source(graph, self, self._graph.decoder)

    def onnx_parts(self) -> dict[str, "ModelProto"]:
        from keras_elmo.export.decoder import step_model

        return {STEP: step_model(self._graph.decoder)}

    def exported_settings(self) -> dict[str, Any]:
        names = "target_vocabulary target source_characters copy max_target_length"
        return {name: getattr(self, name) for name in names.split()}

    def get_config(self) -> dict[str, Any]:
        names = parameter_names(ElmoSeq2Seq.__init__)[1:]  # behind the backbone
        return super().get_config() | {name: getattr(self, name) for name in names}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Self:
        if "target_vocabulary" not in config:  # what earlier versions called it
            config = config | {"target_vocabulary": config["labels"], "labels": None}
        return super().from_config(config, custom_objects)
