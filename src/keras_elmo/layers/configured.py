"""A layer's configuration, read off its constructor."""

from inspect import signature

import keras


class ConfiguredLayer(keras.layers.Layer):
    """A layer that keeps each argument of its constructor as the attribute of that name."""

    def get_config(self):
        # Not that of a subclass of the user's, which adds its own arguments to these.
        kind = next(kind for kind in type(self).__mro__ if ConfiguredLayer in kind.__bases__)
        _, *arguments = signature(kind.__init__).parameters.values()
        names = [argument.name for argument in arguments if argument.kind != argument.VAR_KEYWORD]
        return super().get_config() | {name: getattr(self, name) for name in names}
