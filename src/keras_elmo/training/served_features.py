"""What `fit` gives the model in place of running frozen layers of ELMo again and again."""

from typing import Any

from keras_elmo.batching.batches import SentenceBatches
from keras_elmo.batching.word_types import WordTypes, can_read_types
from keras_elmo.elmo.upper_layers import UpperLayers
from keras_elmo.fine_tuning.unfreezing import frozen_layers
from keras_elmo.training.feature_cache import CachedFeatures


def serve_features(
    model: Any, cache: bool | str, cached: CachedFeatures | None, *datasets: Any
) -> CachedFeatures | None:
    """Give the data sets the features of frozen layers, `cached` ones where they still are."""
    backbone = model.backbone
    ours = [data for data in datasets if isinstance(data, SentenceBatches)]
    can_embed = not backbone.config.stateful and backbone.config.has_bilm
    frozen = frozen_layers(backbone) if can_embed else 0  # the word layer is the first
    types = None
    if backbone.word_layer.trainable_weights and can_read_types(backbone):
        types = WordTypes(backbone, model._preprocessor)
    for data in ours:
        data.features, data.word_types = None, types
    model._upper = None
    if not cache or not frozen or backbone.config.dropout or backbone.config.weight_drop:
        return cached
    if frozen <= backbone.config.num_layers:
        model._upper = UpperLayers(backbone, frozen - 1)
    if not cached or not cached.serve(frozen):
        dtype = cache if isinstance(cache, str) else "float16"
        sentences = [data.sentences for data in ours]
        cached = CachedFeatures(backbone, model._preprocessor, sentences, dtype)
    for data, features in zip(ours, cached.features or [], strict=False):
        data.features = features
    return cached
