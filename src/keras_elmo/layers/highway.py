"""The highway layer between character CNN and projection."""

import keras


@keras.saving.register_keras_serializable("keras_elmo")
class Highway(keras.layers.Layer):
    r"""One highway layer (Srivastava et al. 2015), with the names of the published ELMo files.

    $$ g = \sigma(x W_{carry} + b_{carry}), \qquad
       y = g \odot \mathrm{relu}(x W_{transform} + b_{transform}) + (1 - g) \odot x $$

    What the files call *carry* opens the transformed branch; the name is kept so that files and
    variables can be compared.

    Input and output: float `(..., features)`.
    """

    def build(self, input_shape):
        features = input_shape[-1]
        # The gate starts mostly closed (σ(-2) ≈ 0.12), so a fresh network passes its input through.
        self.carry = keras.layers.Dense(
            features,
            activation="sigmoid",
            kernel_initializer="lecun_normal",
            bias_initializer=keras.initializers.Constant(-2.0),
            dtype=self.dtype_policy,
            name="carry",
        )
        self.transform = keras.layers.Dense(
            features,
            activation="relu",
            kernel_initializer="lecun_normal",
            dtype=self.dtype_policy,
            name="transform",
        )
        self.carry.build(input_shape)
        self.transform.build(input_shape)

    def call(self, x):
        gate = self.carry(x)
        return gate * self.transform(x) + (1.0 - gate) * x

    def compute_output_shape(self, input_shape):
        return input_shape
