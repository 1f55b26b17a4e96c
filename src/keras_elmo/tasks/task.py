"""What all tasks share: ELMo → mix → BiLSTM → output, defaults for training, presets."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import keras
import numpy as np

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.config import take_config
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
from keras_elmo.runtime.keywords import check_keywords, parameter_names
from keras_elmo.tasks.described_task import DescribedTask
from keras_elmo.tasks.encoder import EncoderConfig, TextEncoder
from keras_elmo.tasks.limits import check_one_device
from keras_elmo.tasks.pretrained import AUTO, WordVectors, task_from
from keras_elmo.tasks.word_vectors import (
    check_word_shapes,
    fill_word_vectors,
    learn_words,
    make_word_table,
)
from keras_elmo.text.labels import Label, LabelEncoder, class_labels
from keras_elmo.weights.sources.location import locate
from keras_elmo.weights.sources.presets import PREPROCESSOR_FILE, TASK_FILE, TASK_WEIGHTS_FILE

if TYPE_CHECKING:
    from onnx import ModelProto

    from keras_elmo.export.task_graph import TaskGraph

_OF_KERAS = ("name", "trainable", "dtype")  # arguments of Keras's constructor


class ElmoTask(DescribedTask):
    """ELMo, a BiLSTM and an output layer, trained on raw sentences. Base of all tasks.

    Args:
        backbone: the ELMo, frozen unless `trainable_elmo`.
        labels: the label of each class, strings or numbers; or `num_classes`, for 0, 1, …
        preprocessor: turns sentences into arrays inside `fit`, `predict` and `evaluate`. None
            switches that off; the model then takes and gives what a plain Keras model does.
        trainable_elmo: train ELMo too, at the smaller `elmo_learning_rate` of `compile`. Parts of a
            backbone that are frozen already stay frozen.
        dtype: the dtype policy of all layers above ELMo, such as `"mixed_float16"`; None is Keras's
            global one. Outputs are float32 in any case. A backbone has its own.
        trainable_parts: layers that do not train, by name, such as `{"bilstm_0": False}`; `""` is
            the task itself. A backbone has its own.
        kwargs: mix, word vectors and BiLSTM layers: the fields of
            [`EncoderConfig`][keras_elmo.tasks.encoder.EncoderConfig].

    Attributes:
        encoder: these fields, as an `EncoderConfig`.
        word_vectors: the table of word vectors beside ELMo, or None.
        shape_dim: the usual `word_shape_dim` of a new task on a preset.
    """

    has_classes = True
    shape_dim: ClassVar[int | None] = None

    def __init__(
        self,
        backbone: ElmoBackbone,
        *,
        labels: Sequence[Label] | None = None,
        num_classes: int | None = None,
        preprocessor: ElmoPreprocessor | None = None,
        trainable_elmo: bool = False,
        dtype: Any = None,
        trainable_parts: Mapping[str, bool] | None = None,
        **kwargs: Any,
    ):
        check_one_device(type(self).__name__)
        check_keywords(kwargs, self.constructor_names(), type(self).__name__)
        if self.has_classes:
            self.label_encoder = LabelEncoder(class_labels(labels, num_classes))
        self.encoder = take_config(EncoderConfig, kwargs)
        if backbone.trainable != trainable_elmo:
            backbone.trainable = trainable_elmo

        # === Layers and functional model ===
        check_word_shapes(preprocessor, self.encoder.word_shape_dim)
        with dtype_scope(dtype):
            word_table = make_word_table(preprocessor, self.encoder)
            encoder = TextEncoder(self.encoder, word_table)
            inputs, features, outputs = self.build_graph(backbone, encoder)
            super().__init__(inputs=inputs, outputs=outputs, **kwargs)
            self.run_on_features(inputs, features, outputs)

        # === Config ===
        self.backbone = backbone
        self.preprocessor = preprocessor
        self.word_vectors = word_table
        set_trainable_parts(self, trainable_parts, without=[backbone])
        if has_values(self):  # an optimizer cannot be made before
            self.compile()
        as_torch_module(self)

    def build_graph(self, backbone: ElmoBackbone, encoder: TextEncoder) -> Any:
        """The inputs, ELMo's features and the outputs; of one text unless a task differs."""
        inputs = dict(backbone.input)
        features = backbone(backbone.input)  # (batch, tokens, layers, 2P)
        x = encoder(inputs, features)
        return inputs, features, self.build_outputs(x, inputs["padding_mask"], len(self.labels))

    @abstractmethod
    def build_outputs(self, x: Any, padding_mask: Any, num_classes: int) -> Any:
        """The output layers on the encoder's float `(batch, tokens, features)`."""

    @property
    def labels(self) -> list[Any]:
        """The label of each class, in the order of the outputs and of the type it was given as."""
        return self.label_encoder.labels if self.has_classes else []

    def prepare(self, sentences: Sequence[Any], y: Sequence[Any]) -> None:
        texts = self.texts_of(sentences)
        self.preprocessor, left = learn_words(self._preprocessor, texts, self.encoder.new_words)
        self.encoder = replace(self.encoder, new_words=left)

    def texts_of(self, sentences: Sequence[Any]) -> Iterable[Sequence[str]]:
        """The tokens of each text in what `tokenize` gives."""
        return sentences

    def set_word_vectors(self, words: Sequence[str], vectors: np.ndarray) -> int:
        """Fill the word embedding beside ELMo, e.g. with what `read_word_vectors` returns.

        Args:
            words: the words of `vectors`.
            vectors: float `(len(words), word_embedding_dim)`. Words of the vocabulary that are not
                among them get the mean vector.

        Returns:
            How many words of the vocabulary were found.
        """
        return fill_word_vectors(self.word_vectors, self.preprocessor, words, vectors)

    def get_config(self) -> dict[str, Any]:
        parts = {"backbone": self.backbone, "preprocessor": self.preprocessor}
        config = {name: keras.saving.serialize_keras_object(part) for name, part in parts.items()}
        config |= {"labels": self.labels, "trainable_elmo": self.trainable_elmo}
        config |= asdict(self.encoder)
        config |= {"dtype": self.dtype_policy.name, "name": self.name}
        if parts := trainable_parts(self, without=[self.backbone]):
            config["trainable_parts"] = parts
        return config

    @classmethod
    def constructor_names(cls) -> list[str]:
        """The arguments of the constructor, and those that Keras's own takes."""
        own = parameter_names(*(base.__init__ for base in _bases(cls)), EncoderConfig)
        return [*own, *_OF_KERAS]

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
        options: str | PathLike[str] | None = None,
        load_weights: bool = True,
        word_vectors: WordVectors | str | None = AUTO,
        **arguments: Any,
    ) -> Self:
        """Build the task on a pretrained ELMo, or load a trained task.

        Args:
            preset: a name, a folder, a file or `hf://user/name` of an ELMo of any format (see
                [`load_elmo`][keras_elmo.weights.detection]). A folder that holds a trained task
                gives that task; any other needs `labels` or `num_classes`.
            options: the options file (JSON) of weights that do not lie beside it.
            load_weights: False leaves ELMo untrained.
            word_vectors: what a word embedding beside ELMo begins with: `"elmo"` for the vectors
                of the preset's language model, or words and vectors, such as `read_word_vectors`
                returns. It has these words and `new_words`, unless a `preprocessor` with others is
                given. None is no word embedding; `"auto"` is `"elmo"` where the preset has a
                language model and the arguments name neither a preprocessor, `word_embedding_dim`
                nor `source_characters`.
            arguments: of the constructor; `word_shape_dim` is 16 for taggers unless a preprocessor
                is given, and 0 is none.
        """
        return task_from(cls, locate(preset), options, load_weights, word_vectors, arguments)

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

    # === Export ===

    def onnx_outputs(self, graph: "TaskGraph") -> dict[str, str]:
        """Write the layers above ELMo into a graph.

        Returns:
            The value of each output by its name: see `graph_outputs`.
        """
        raise ValueError(
            f"a {type(self).__name__} cannot be exported to ONNX yet. Received: format='onnx'. "
            "Write `task.export('folder', format='tf_saved_model')`."
        )

    def onnx_parts(self) -> dict[str, "ModelProto"]:
        """More graphs that an exported model runs, by the names of their files."""
        return {}

    def exported_settings(self) -> dict[str, Any]:
        """What an exported model reads these outputs with, for the manifest."""
        return {"labels": self.labels}

    def save_assets(self, folder: str | PathLike[str]) -> None:
        """Write what a task has beside its weights; Keras's `save` calls this, too."""

    def load_assets(self, folder: str | PathLike[str] | None) -> None:
        """Read what `save_assets` wrote."""


def _bases(cls: type) -> list[type]:
    """The classes of a task, from its own up to `ElmoTask`."""
    return list(cls.__mro__[: cls.__mro__.index(ElmoTask) + 1])
