"""What all tasks share: ELMo → mix → BiLSTM → output, defaults for training, presets."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Self

import keras
import numpy as np

from keras_elmo.batching.labels import Label, LabelEncoder, class_labels
from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.parts import set_trainable_parts, trainable_parts
from keras_elmo.elmo.preprocessor import ElmoPreprocessor
from keras_elmo.elmo.saving import (
    write_backbone,
    write_metadata,
    write_object,
    write_weights,
)
from keras_elmo.elmo.variables import has_values, is_loaded_by_keras, without_values
from keras_elmo.files.new_folder import new_folder
from keras_elmo.layers.policy import dtype_scope
from keras_elmo.layers.torch_state import as_torch_module
from keras_elmo.tasks.compiled_model import CompiledModel
from keras_elmo.tasks.encoder import (
    build_encoder,
    check_word_shapes,
    fill_word_vectors,
    learn_words,
    make_word_table,
)
from keras_elmo.tasks.keywords import check_keywords, parameter_names
from keras_elmo.tasks.limits import check_one_device
from keras_elmo.tasks.pretrained import WordVectors, task_from
from keras_elmo.weights.sources.location import locate
from keras_elmo.weights.sources.presets import PREPROCESSOR_FILE, TASK_FILE, TASK_WEIGHTS_FILE

_OF_KERAS = ("name", "trainable", "dtype")  # arguments of Keras's constructor


class ElmoTask(CompiledModel):
    """ELMo, a BiLSTM and an output layer, trained on raw sentences. Base of all tasks.

    Args:
        backbone: the ELMo, frozen unless `trainable_elmo`.
        labels: the label of each class, strings or numbers; or `num_classes`, for 0, 1, …
        preprocessor: turns sentences into arrays inside `fit`, `predict` and `evaluate`. None
            switches that off; the model then takes and gives what a plain Keras model does.
        trainable_elmo: train ELMo too, at the smaller `elmo_learning_rate` of `compile`. Parts of a
            backbone that are frozen already stay frozen.
        mix: `"concat"`, `"mean"`, `"top"`, the number of a layer, or the learned `"scalar"`.
        mix_layer_norm: layer norm over the whole batch before a `"scalar"` mix.
        elmo_dropout_before, elmo_dropout: dropout before and after the mix.
        mix_at_output: put a second mix beside the output of the BiLSTM (Peters et al. 2018, §3.3).
        word_embedding_dim: size of a word vector beside ELMo ([x; ELMo]), which trains where its
            word does; needs a preprocessor with a `word_vocabulary`. See `set_word_vectors`.
        word_embedding_dropout: of those vectors alone, so that the head leans on ELMo too.
        new_words: so many more have a vector: `fit` adds the most frequent words that the
            vocabulary lacks to it (`preprocessor` is then another one).
        word_shape_dim: size of a vector of each word's shape; needs `word_shapes=True` there.
        lstm_units: units per direction; a list gives each BiLSTM layer its own number.
        num_layers: number of BiLSTM layers where `lstm_units` is one number.
        dropout: before each BiLSTM layer and behind the last.
        dtype: the dtype policy of all layers above ELMo, such as `"mixed_float16"`; None is Keras's
            global one. Outputs are float32 in any case. A backbone has its own.
        trainable_parts: layers that do not train, by name, such as `{"bilstm_0": False}`; `""` is
            the task itself. A backbone has its own.
    """

    has_classes = True

    def __init__(
        self,
        backbone: ElmoBackbone,
        *,
        labels: Sequence[Label] | None = None,
        num_classes: int | None = None,
        preprocessor: ElmoPreprocessor | None = None,
        trainable_elmo: bool = False,
        mix: str | int = "scalar",
        mix_layer_norm: bool = False,
        elmo_dropout_before: float = 0.0,
        elmo_dropout: float = 0.5,
        mix_at_output: bool = False,
        word_embedding_dim: int | None = None,
        word_embedding_dropout: float = 0.0,
        new_words: int = 0,
        word_shape_dim: int | None = None,
        lstm_units: int | Sequence[int] = 128,
        num_layers: int = 1,
        dropout: float = 0.2,
        dtype: Any = None,
        trainable_parts: Mapping[str, bool] | None = None,
        **kwargs: Any,
    ):
        check_one_device(type(self).__name__)
        check_keywords(kwargs, self._constructor_names(), type(self).__name__)
        if self.has_classes:
            self.label_encoder = LabelEncoder(class_labels(labels, num_classes))
        units = [lstm_units] * num_layers if isinstance(lstm_units, int) else list(lstm_units)
        if backbone.trainable != trainable_elmo:
            backbone.trainable = trainable_elmo

        # === Layers and functional model ===
        check_word_shapes(preprocessor, word_shape_dim)
        with dtype_scope(dtype):
            word_table = make_word_table(preprocessor, word_embedding_dim, new_words)
            inputs, features, outputs = self.build_graph(
                backbone,
                len(self.labels),
                mix=mix,
                mix_layer_norm=mix_layer_norm,
                elmo_dropout_before=elmo_dropout_before,
                elmo_dropout=elmo_dropout,
                mix_at_output=mix_at_output,
                word_table=word_table,
                word_vectors_dropout=word_embedding_dropout,
                word_shape_dim=word_shape_dim,
                lstm_units=units,
                dropout=dropout,
            )
            super().__init__(inputs=inputs, outputs=outputs, **kwargs)
            self.run_on_features(inputs, features, outputs)

        # === Config ===
        self.backbone = backbone
        self.preprocessor = preprocessor
        self.word_vectors = word_table
        self.mix = mix
        self.mix_layer_norm = mix_layer_norm
        self.elmo_dropout_before = elmo_dropout_before
        self.elmo_dropout = elmo_dropout
        self.mix_at_output = mix_at_output
        self.word_embedding_dim = word_embedding_dim
        self.word_embedding_dropout = word_embedding_dropout
        self.new_words = new_words
        self.word_shape_dim = word_shape_dim
        self.lstm_units = units
        self.dropout = dropout
        set_trainable_parts(self, trainable_parts, without=[backbone])
        if has_values(self):  # an optimizer cannot be made before
            self.compile()
        as_torch_module(self)

    def build_graph(self, backbone: ElmoBackbone, num_classes: int, **encoder: Any) -> Any:
        """The inputs, ELMo's features and the outputs.

        Of one sentence, unless a task says otherwise; `encoder` are arguments of `build_encoder`.
        """
        inputs, features, x = build_encoder(backbone, steps=self.build_steps, **encoder)
        return inputs, features, self.build_outputs(x, inputs["padding_mask"], num_classes)

    def build_steps(self, inputs: dict[str, Any], x: Any) -> tuple[Any, Any]:
        """What the BiLSTM reads, and its mask: the words' vectors, unless a task says otherwise."""
        return x, inputs["padding_mask"]

    @abstractmethod
    def build_outputs(self, x: Any, padding_mask: Any, num_classes: int) -> Any:
        """The output layers on the encoder's float `(batch, tokens, features)`."""

    @property
    def labels(self) -> list[Any]:
        """The label of each class, in the order of the outputs and of the type it was given as."""
        return self.label_encoder.labels if self.has_classes else []

    def prepare(self, sentences: Sequence[Any], y: Sequence[Any]) -> None:
        found = learn_words(self._preprocessor, self.texts_of(sentences), self.new_words)
        self.preprocessor, self.new_words = found

    def texts_of(self, sentences: Sequence[Any]) -> Iterable[Sequence[str]]:
        """The tokens of each text in what `tokenize` gives."""
        return sentences

    def set_word_vectors(self, words: Sequence[str], vectors: np.ndarray) -> int:
        """Fill the word embedding beside ELMo, e.g. with what `read_glove` returns.

        Args:
            words: the words of `vectors`.
            vectors: float `(len(words), word_embedding_dim)`. Words of the vocabulary that are not
                among them get the mean vector.

        Returns:
            How many words of the vocabulary were found.
        """
        return fill_word_vectors(self.word_vectors, self.preprocessor, words, vectors)

    def get_config(self) -> dict[str, Any]:
        names = "labels trainable_elmo mix mix_layer_norm elmo_dropout_before elmo_dropout "
        names += "mix_at_output word_embedding_dim word_embedding_dropout new_words "
        names += "word_shape_dim lstm_units dropout"
        parts = {"backbone": self.backbone, "preprocessor": self.preprocessor}
        config = {name: keras.saving.serialize_keras_object(part) for name, part in parts.items()}
        config |= {name: getattr(self, name) for name in names.split()}
        config |= {"dtype": self.dtype_policy.name, "name": self.name}
        if parts := trainable_parts(self, without=[self.backbone]):
            config["trainable_parts"] = parts
        return config

    @classmethod
    def _constructor_names(cls) -> list[str]:
        """The arguments of the constructor, and those that Keras's own takes."""
        return [*parameter_names(*(base.__init__ for base in _bases(cls))), *_OF_KERAS]

    @property
    def trainable_elmo(self) -> bool:
        """Whether ELMo trains."""
        return self.backbone.trainable

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Self:
        old = {"trained_words"}  # of versions in which only the first rows of a table trained
        known = {name: config[name] for name in config.keys() - old}

        def build() -> Self:
            parts = {
                name: keras.saving.deserialize_keras_object(known[name])
                for name in ("backbone", "preprocessor")
                if isinstance(known[name], dict)
            }
            return cls(**{**known, **parts})

        if not is_loaded_by_keras():
            return build()
        task = without_values(build)
        task.compile()
        return task

    @classmethod
    def from_preset(
        cls,
        preset: str | PathLike[str],
        *,
        load_weights: bool = True,
        word_vectors: WordVectors | str | None = None,
        **arguments: Any,
    ) -> Self:
        """Build the task on a pretrained ELMo, or load a trained task.

        Args:
            preset: a name or path of an ELMo, of any format (see
                [`load_elmo`][keras_elmo.weights.detection]). A folder that holds a trained task
                gives that task; any other needs `labels` or `num_classes`.
            load_weights: False leaves ELMo untrained.
            word_vectors: what a word embedding beside ELMo begins with: `"elmo"` for the vectors
                of the preset's language model, or words and vectors, such as `read_glove` returns.
                It has these words and `new_words`, unless a `preprocessor` with others is given.
            arguments: of the constructor.
        """
        return task_from(cls, locate(preset), load_weights, word_vectors, arguments)

    def save_to_preset(self, folder: str | PathLike[str], *, overwrite: bool = False) -> None:
        """Write everything needed to load the task again to a new folder."""
        with new_folder(folder, overwrite=overwrite) as path:
            self.write(path)

    def write(self, folder: Path) -> None:
        """Write the preset's files into an existing folder."""
        write_backbone(self.backbone, folder)
        if self.preprocessor is not None:
            write_object(self.preprocessor, folder, PREPROCESSOR_FILE)
        write_object(self, folder, TASK_FILE)
        write_weights(self, folder / TASK_WEIGHTS_FILE, without=[self.backbone])
        self.save_assets(folder)
        write_metadata(folder)

    def save_assets(self, folder: str | PathLike[str]) -> None:
        """Write what a task has beside its weights; Keras's `save` calls this, too."""

    def load_assets(self, folder: str | PathLike[str] | None) -> None:
        """Read what `save_assets` wrote."""


def _bases(cls: type) -> list[type]:
    """The classes of a task, from its own up to `ElmoTask`."""
    return [base for base in cls.__mro__ if base.__module__.startswith("keras_elmo.")]
