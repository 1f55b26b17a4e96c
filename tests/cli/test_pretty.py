"""What was found is marked with colours, or by characters where a pipe shows none."""

from keras_elmo.cli.pretty import Pretty

ENTITIES = {
    "text": "Ada Lovelace lives in Rome",
    "tokens": ["Ada", "Lovelace", "lives", "in", "Rome"],
    "entities": [
        {"start": 0, "end": 2, "start_char": 0, "end_char": 12, "type": "PER", "confidence": 0.9},
        {"start": 4, "end": 5, "start_char": 22, "end_char": 26, "type": "LOC", "confidence": 0.5},
    ],
}
CLASSES = {"text": "a film", "labels": ["b"], "probabilities": {"a": 0.25, "b": 0.75}}


def test_entities():
    for record in (ENTITIES, {**ENTITIES, "text": None}):
        styled = Pretty("tags").render(record)
        assert styled.plain == "Ada Lovelace [PER 90%] lives in Rome [LOC 50%]\n\n"
        bold = [styled.plain[s.start : s.end] for s in styled.spans if "bold" in str(s.style)]
        assert bold == ["Ada Lovelace", "Rome"]
        plain = Pretty("tags", styled=False).render(record).plain
        assert plain == "[Ada Lovelace] [PER 90%] lives in [Rome] [LOC 50%]\n\n"


def test_classes():
    bars = f"b  75.0% {'█' * 15}\n  a  25.0% {'█' * 5}\n\n"
    assert Pretty("classes").render(CLASSES).plain == f"a film\n  {bars}"
    assert Pretty("classes", styled=False).render(CLASSES).plain == f"a film\n* {bars}"
