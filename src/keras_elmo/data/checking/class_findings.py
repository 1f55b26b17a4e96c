"""What may be wrong with classes: too few, rare ones, a large imbalance, names that look alike."""

from collections.abc import Iterable, Mapping, Sequence

from keras_elmo.data.checking.findings import SHOWN, Finding, Place, listed, places

RARE = 2  # rows of a class from which little can be learned
IMBALANCE = 10  # times the rows of the smallest class


def rare_findings(
    counts: Mapping[str, int], lines: Mapping[str, Sequence[int]], place: Place, rows: str
) -> list[Finding]:
    """Rare classes.

    Args:
        counts: of each class, or type of spans.
        lines: some lines of each.
        place: of a line.
        rows: what is counted.
    """
    if rare := sorted((x for x in counts if counts[x] <= RARE), key=lambda x: counts[x]):
        where = places((line for name in rare for line in lines.get(name, ())), place)
        message = (
            f"labels with one or two {rows}: {listed(rare)}. Little is learned from so few, and "
            "nothing measured. Label more, or join them with others."
        )
        return [Finding("rare_labels", len(rare), message, where)]
    return []


def imbalance_findings(
    counts: Mapping[str, int], lines: Mapping[str, Sequence[int]], place: Place, rows: str
) -> list[Finding]:
    """A large imbalance; arguments as of `rare_findings`."""
    if counts and (most := max(counts.values())) > IMBALANCE * (least := min(counts.values())):
        names = [next(x for x in counts if counts[x] == number) for number in (most, least)]
        message = (
            f"{names[0]!r} has {most:,} {rows}, {names[1]!r} {least:,}: more than {IMBALANCE} "
            "times. Look at macro-F1 rather than accuracy; --class-weight balanced helps rare "
            "classes."
        )
        return [Finding("imbalance", most, message, places(lines.get(names[1], ()), place))]
    return []


def one_class(
    names: Iterable[str], lines: Mapping[str, Sequence[int]], place: Place
) -> list[Finding]:
    """The finding of fewer than two classes, which a training refuses."""
    shown = list(names)
    if len(shown) > 1:
        return []
    where = places((line for name in shown for line in lines.get(name, ())), place)
    message = f"all labels are {listed(shown)}: there is nothing to learn. Is it the right column?"
    return [Finding("one_class", len(shown), message, where, is_refused=True)]


def alike_findings(lines: Mapping[str, Sequence[int]], place: Place) -> list[Finding]:
    """Labels that differ only by case, or by the space in them."""
    groups: dict[str, list[str]] = {}
    for name in lines:
        groups.setdefault("".join(name.split()).casefold(), []).append(name)
    alike = [names for names in groups.values() if len(names) > 1]
    if not alike:
        return []
    shown = "; ".join(" and ".join(map(repr, names)) for names in alike[:SHOWN])
    where = places((lines[name][0] for names in alike for name in names), place)
    message = f"labels differ only by case or space: {shown}. They are trained as different ones."
    return [Finding("similar_labels", sum(map(len, alike)), message, where)]
