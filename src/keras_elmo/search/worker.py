"""A process that runs trials for another one, which decides; imports Keras only when it runs."""

import pickle
import traceback
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from keras_elmo._backend import held_back_notices
from keras_elmo._processes import obey_parent

EPOCH, SCORE, END = "epoch", "score", "end"  # the kinds of its messages


def serve(connection: Connection, pickled: bytes) -> None:
    """Run one trial after another; ask the main process about each epoch and each score.

    Args:
        connection: the connection to the main process, which answers `EPOCH` and `SCORE`.
        pickled: the labelled data. Reading them imports Keras, which is done quietly here.
    """
    obey_parent()
    with held_back_notices():
        from keras_elmo.search.trial import run_trial

        data = pickle.loads(pickled)
    ask = partial(_ask, connection)
    while True:
        run, folder = connection.recv()
        end: Any
        try:
            end = run_trial(run, data, folder, partial(ask, EPOCH), partial(ask, SCORE))
        except OSError as error:  # the main process raises it
            end = error
        except Exception as error:  # likewise; but not every one can be sent
            end = RuntimeError("".join(traceback.format_exception(error)))
        connection.send((END, end))


def _ask(connection: Connection, kind: str, *said: Any) -> Any:
    connection.send((kind, *said))
    return connection.recv()
