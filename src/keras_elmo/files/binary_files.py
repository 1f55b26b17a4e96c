"""What a binary file is, told by how it begins, so that an error can say more than "no text"."""

import re
from collections.abc import Sequence

_WORKBOOK = "an Excel workbook. Save it as CSV."
_BEGINNINGS = {
    rb"PAR1\x15": "a Parquet file. Read it with --format parquet.",
    rb"ARROW1\0\0": "an Arrow file. Save it as Parquet or CSV.",
    rb"\x89HDF\r\n\x1a\n": "an HDF5 file.",
    rb"\x93NUMPY": "a NumPy array.",
    rb"\x80[\x02-\x05]": "a Python pickle.",
    rb"SQLite format 3\0": "an SQLite database. Save the table as CSV.",
    rb"%PDF-": "a PDF document. Save its text.",
    rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an old Excel or Word file. Save it as CSV or text.",
    rb"7z\xbc\xaf\x27\x1c": "a 7z archive. Unpack it.",
    rb"Rar!\x1a\x07": "a RAR archive. Unpack it.",
    rb"\x04\x22\x4d\x18": "compressed with LZ4. Decompress it.",
    rb"\x89PNG\r\n|GIF8[79]a|\xff\xd8\xff": "a picture.",
    rb"\x7fELF": "a program.",
    rb"(?s:.{257})ustar": "a tar archive. Unpack it and name a file in it.",
}
_INSIDE = (
    (r"xl/", _WORKBOOK),
    (r"word/", "a Word document. Save it as text."),
    (r".*\.npy$", "an archive of NumPy arrays."),
    (r"model\.weights\.h5$", "a Keras model."),
)


def binary_kind(start: bytes) -> str | None:
    """What the first bytes of a file are those of, a sentence's end; None if that is not known."""
    kinds = (kind for begin, kind in _BEGINNINGS.items() if re.match(begin, start))
    return next(kinds, None)


def archive_kind(names: Sequence[str]) -> str | None:
    """What a zip file with such members is, when it is no archive for its users."""
    kinds = (kind for begin, kind in _INSIDE if any(re.match(begin, name) for name in names))
    return next(kinds, None)
