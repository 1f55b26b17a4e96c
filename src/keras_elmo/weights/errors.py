"""The error that every weight format raises."""


class WeightsError(ValueError):
    """A weight file, its options, or the variables to be written are not what they should be.

    The message names the file and the key or option, what was expected and what was received.
    """
