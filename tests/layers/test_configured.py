"""The configuration of a layer is the arguments of its constructor, in a subclass too."""

from keras_elmo import BiLSTM, SequencePooling


class Named(BiLSTM):
    """A layer of a user's, with an argument of its own that it keeps elsewhere."""

    def __init__(self, purpose, **kwargs):
        super().__init__(**kwargs)
        self.what_for = purpose

    def get_config(self):
        return super().get_config() | {"purpose": self.what_for}


def test_arguments_of_the_constructor():
    own = SequencePooling("mean").get_config().keys() - BiLSTM(2).get_config().keys()
    assert own == {"pooling"}


def test_a_subclass_adds_its_own():
    config = Named("reading", units=3, name="reader").get_config()
    assert (config["units"], config["purpose"], config["name"]) == (3, "reading", "reader")
    assert Named.from_config(config).get_config() == config
