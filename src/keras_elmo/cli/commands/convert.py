"""`keras-elmo convert`: an ELMo of any format → a preset, or the files of bilm-tf and AllenNLP."""

from pathlib import Path
from typing import Annotated

import typer

from keras_elmo._values import ElmoFormat, Tokenizer
from keras_elmo.cli.backend import load_backend
from keras_elmo.cli.command_lines import command_line
from keras_elmo.cli.commands.presets import fetch_if_named
from keras_elmo.cli.console import say


def convert(
    source: Annotated[Path, typer.Argument(help="File, archive, folder or preset of an ELMo.")],
    output: Annotated[Path, typer.Argument(help="Folder (safetensors, onnx: file) to write.")],
    to: Annotated[
        ElmoFormat,
        typer.Option(help="bilm-hdf5: weights.hdf5 and options.json; onnx: ids → all layers."),
    ] = "preset",
    options: Annotated[
        Path | None, typer.Option(help="Options (JSON) of weights that do not lie beside it.")
    ] = None,
    tokenizer: Annotated[
        Tokenizer, typer.Option(help="How the preset splits a text into words.")
    ] = "words",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a preset.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show errors only.")] = False,
) -> None:
    """Convert an ELMo, whose format is told by its content, into one that is read elsewhere.

    \b
    keras-elmo convert elmo_weights.hdf5 my_elmo/
    keras-elmo convert model.tar.gz my_elmo/
    keras-elmo convert my_elmo/ published/ --to bilm-hdf5
    keras-elmo convert my_elmo/ elmo.safetensors --to safetensors
    keras-elmo convert my_elmo/ elmo.onnx --to onnx
    """
    from keras_elmo.files.new_file import refuse_existing
    from keras_elmo.weights.detection import load_elmo
    from keras_elmo.weights.sources.hub import is_hub_address

    if is_hub_address(output):
        raise ValueError(
            f"the output must be a path here. Received: {str(output)!r}. Write a folder, and send "
            "it to the hub with `hf upload user/name FOLDER`."
        )
    refuse_existing(output, overwrite and to == "preset")
    fetch_if_named(source, quiet=quiet)
    elmo = load_elmo(source, options=options)
    say(f"{source}: {elmo.format}", quiet=quiet)
    if to == "preset":
        load_backend()
        from keras_elmo.elmo.loading import write_as_preset

        write_as_preset(elmo, output, tokenizer=tokenizer, overwrite=overwrite)
        use = command_line("train", "DATA", "--preset", output, "-o", "model/")
        say(f"Use it: {use}", quiet=quiet)
        return
    if to == "safetensors":
        from keras_elmo.weights.formats.safetensors_file import save_safetensors

        save_safetensors(elmo, output)
        say(f"Wrote {output}", quiet=quiet)
        return
    if to == "onnx":
        from keras_elmo.embedding.engines.onnx_engine import check_installed

        check_installed("--to onnx", "onnx")
        from keras_elmo.embedding.engines.onnx_model import save_onnx

        save_onnx(elmo, output)
        say(f"Wrote {output}", quiet=quiet)
        return
    from keras_elmo.weights.formats.bilm_tf import save_published_folder

    save_published_folder(elmo.config, elmo.variables, output, elmo.words)
    say(f"Wrote {output / 'weights.hdf5'} and {output / 'options.json'}", quiet=quiet)
