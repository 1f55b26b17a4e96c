"""What a server takes, and how long things may last: every number that it refuses by."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The limits of a server.

    Attributes:
        body: bytes of a request.
        texts: texts (pairs, questions) of a request.
        characters: of a text.
        queue: texts that wait, of all clients together; more are refused (429).
        deadline: seconds until an answer; later ones are given up (503).
        reading: seconds in which a request must have come in (408).
        drain: seconds that a server which is told to stop goes on with what it has accepted.
        batch_size: texts that are computed together at most.
        batch_words: words of them at most, with padding; a longer text is computed alone.
    """

    body: int = 4_000_000
    texts: int = 256
    characters: int = 50_000
    queue: int = 2_048
    deadline: float = 30.0
    reading: float = 10.0
    drain: float = 20.0
    batch_size: int = 32
    batch_words: int = 4_096

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value <= 0:
                raise ValueError(f"`{name}` of a server must be above 0. Received: {value}")
        if self.texts > self.queue:
            raise ValueError(
                "the queue of a server must hold the texts of a request. Received: "
                f"queue={self.queue} (--queue), texts={self.texts} (--max-texts)"
            )
