"""Predicted words and scores are those of the NumPy oracle, alone and among others."""

import numpy as np
import pytest
from support import oracle_log_probs, small_backbone

from keras_elmo.elmo.backbone import ElmoBackbone
from keras_elmo.elmo.language_model import ElmoLanguageModel
from keras_elmo.elmo.sentence_score import summarise
from keras_elmo.elmo.word_prediction import ElmoWordPredictor
from keras_elmo.pretraining.corpus import encode_sentences
from keras_elmo.pretraining.evaluation import perplexity
from keras_elmo.text.vocabulary import MARKS, Vocabulary

WORDS = [*MARKS, "a", "dog", "barks", "the", "naïve"]
SIZE = len(WORDS)
SENTENCES = [["a", "dog", "barks"], ["rain"], ["the", "naïve", "cat", "barks", "."], ["dog"] * 11]
BOS, EOS, UNK = range(3)


class Setup:
    """A tiny random language model, its predictor, and what the oracle says about a sentence."""

    def __init__(self, **changes):
        backbone, self.config, self.variables = small_backbone(**changes)
        random = np.random.default_rng(1)
        self.kernel = random.normal(size=(SIZE, 4)).astype(np.float32)
        self.bias = random.normal(size=SIZE).astype(np.float32)
        self.bias[EOS] = -1  # long samples
        self.model = ElmoLanguageModel(backbone, SIZE)
        self.model.softmax.kernel.assign(self.kernel)
        self.model.softmax.bias.assign(self.bias)
        self.predictor = ElmoWordPredictor(self.model, Vocabulary(WORDS))

    def expected(self, tokens):
        if self.config["vocabulary_size"] is not None:
            tokens = Vocabulary(WORDS).encode([tokens])[0]
        return oracle_log_probs(self.config, self.variables, self.kernel, self.bias, tokens)


@pytest.fixture(scope="module")
def setup():
    return Setup()


@pytest.fixture(scope="module", params=["characters", "words", "one layer"])
def any_setup(request):
    changes = {"characters": {}, "words": {"vocabulary_size": SIZE}, "one layer": {"num_layers": 1}}
    return Setup(**changes[request.param])


def ranked(log_probs):
    """Word → probability, by a full softmax's row."""
    return dict(zip(WORDS, np.exp(log_probs), strict=True))


def check(ranking, expected):
    assert [p for _, p in ranking] == sorted((p for _, p in ranking), reverse=True)
    assert sum(p for _, p in ranking) == pytest.approx(1, abs=1e-5)
    assert dict(ranking) == pytest.approx(expected, abs=1e-5)


@pytest.mark.portable
def test_next_and_previous_words(setup):
    check(setup.predictor.next_words("a dog", SIZE), ranked(setup.expected(["a", "dog"])[0][2]))
    check(setup.predictor.previous_words(["cat"], SIZE), ranked(setup.expected(["cat"])[1][1]))


def test_around_nothing(setup):
    forward, backward = setup.expected([])
    check(setup.predictor.next_words([], SIZE), ranked(forward[0]))
    check(setup.predictor.previous_words("", SIZE), ranked(backward[1]))
    assert setup.predictor.next_words("", 1) == setup.predictor.next_words([], SIZE)[:1]


@pytest.mark.parametrize("position", [0, 1, 2])
def test_substitutes_are_a_product_of_both_directions(any_setup, position):
    tokens = ["a", "dog", "barks"]
    forward, backward = any_setup.expected(tokens)
    product = np.exp(forward[position] + backward[position + 2])
    product[: len(MARKS)] = 0
    expected = dict(zip(WORDS[3:], (product / product.sum())[3:], strict=True))
    found = any_setup.predictor.substitutes(tokens, position, SIZE - 3)
    check(found, expected)
    tokens[position] = "elephantine"
    assert any_setup.predictor.substitutes(tokens, position, SIZE - 3) == found


def test_score(any_setup):
    for tokens, score in zip(SENTENCES, any_setup.predictor.score(SENTENCES), strict=True):
        forward, backward = any_setup.expected(tokens)
        ids = [WORDS.index(word) if word in WORDS else UNK for word in tokens]
        places = np.arange(len(ids))
        expected = [*forward[places, ids], forward[-2, EOS]]
        np.testing.assert_allclose(score.forward, expected, atol=1e-5)
        expected = [*backward[places + 2, ids], backward[1, BOS]]
        np.testing.assert_allclose(score.backward, expected, atol=1e-5)
        np.testing.assert_allclose(score.mean, (score.forward + score.backward) / 2)
        assert score.tokens == tokens
        assert score.unknown == ids.count(UNK)


@pytest.mark.portable
def test_a_sentence_alone_and_among_others(setup):
    together = setup.predictor.score(SENTENCES)
    for tokens, score in zip(SENTENCES, together, strict=True):
        (alone,) = setup.predictor.score([tokens])
        np.testing.assert_allclose(alone.forward, score.forward, atol=1e-5)
        np.testing.assert_allclose(alone.backward, score.backward, atol=1e-5)


def test_windows_keep_the_order(setup, monkeypatch):
    together = setup.predictor.score(SENTENCES * 2)
    monkeypatch.setattr("keras_elmo.elmo.top_states._WINDOW", 3)
    monkeypatch.setattr("keras_elmo.elmo.full_softmax._MAX_LOGITS", 2 * SIZE)
    for whole, cut in zip(together, setup.predictor.score_iter(iter(SENTENCES * 2)), strict=True):
        assert whole.tokens == cut.tokens
        np.testing.assert_allclose(whole.mean, cut.mean, atol=1e-5)


def test_scores_add_up_to_the_perplexity_of_pre_training(setup):
    scores = setup.predictor.score(SENTENCES)
    expected = perplexity(setup.model, encode_sentences(SENTENCES, WORDS))
    assert summarise(scores) == pytest.approx(expected, rel=1e-5)
    alone = perplexity(setup.model, encode_sentences(SENTENCES[2:3], WORDS))
    assert scores[2].perplexity == pytest.approx(alone["perplexity"], rel=1e-5)
    assert scores[2].per_character == pytest.approx(alone["per_character"], rel=1e-5)


DRAWN = ["barks", "a", "the", "naïve", "a", "naïve", "a", "naïve"]  # once, on TensorFlow


@pytest.mark.portable
def test_a_seed_draws_the_same_words_everywhere(setup):
    assert setup.predictor.sample("the", 8, seed=4) == DRAWN


@pytest.mark.compiled
def test_samples_follow_the_distribution(setup):
    expected = np.exp(setup.expected(["a"])[0][1]) ** 2  # temperature 0.5
    expected[[BOS, UNK]] = 0
    draws = [setup.predictor.sample(["a"], 1, temperature=0.5, seed=seed) for seed in range(400)]
    counts = np.array([sum(draw == [word] for draw in draws) for word in WORDS])
    counts[EOS] = sum(draw == [] for draw in draws)
    assert counts[[BOS, UNK]].sum() == 0
    np.testing.assert_allclose(counts / 400, expected / expected.sum(), atol=0.08)


def test_a_sample_may_be_greedy_and_ends_with_the_sentence(setup):
    greedy = setup.predictor.sample([], 12, top_k=1, seed=0)
    assert greedy == setup.predictor.sample([], 12, temperature=1e-30, seed=1)
    certain = Setup()
    certain.model.softmax.bias.assign(np.where(np.arange(SIZE) == EOS, 99, 0))
    assert ElmoWordPredictor(certain.model, Vocabulary(WORDS)).sample([], 5) == []


ERRORS = [
    (lambda p: p.next_words("a", 0), r"`top` must be a whole number, from 1 to 8. Received: top=0"),
    (lambda p: p.previous_words("a", 9), "from 1 to 8"),
    (lambda p: p.substitutes("a dog", 0, 6), "from 1 to 5"),
    (lambda p: p.substitutes("a dog", 2), "`position` must be from 0 to 1"),
    (lambda p: p.substitutes("a dog", -1), "Received: position=-1"),
    (lambda p: p.score("a dog"), "must be a list of sentences. Received: the string 'a dog'"),
    (lambda p: p.score([["a"], []]), "Received: none in sentence 1"),
    (lambda p: summarise([]), "at least one sentence"),
    (lambda p: p.sample("a", 0), "`length` must be a whole number, at least 1"),
    (lambda p: p.sample("a", temperature=0), "`temperature` must be a number above 0"),
    (lambda p: p.sample("a", temperature=float("nan")), "Received: temperature=nan"),
    (lambda p: p.sample("a", top_k=7), "`top_k` must be a whole number, from 1 to 6"),
]


@pytest.mark.parametrize(("call", "message"), ERRORS, ids=[message for _, message in ERRORS])
def test_bad_arguments(setup, call, message):
    with pytest.raises(ValueError, match=message):
        call(setup.predictor)


def test_models_that_do_not_fit(setup):
    with pytest.raises(ValueError, match=r"must have the 8 words.*Received: 7"):
        ElmoWordPredictor(setup.model, Vocabulary(WORDS[:-1]))
    config = setup.config | {"stateful": True, "batch_size": 2}
    with pytest.raises(ValueError, match="a stateful backbone"):
        ElmoWordPredictor(ElmoLanguageModel(ElmoBackbone(**config), SIZE), Vocabulary(WORDS))


def test_perplexity_of_pre_training_wants_characters():
    words = Setup(vocabulary_size=SIZE)
    with pytest.raises(ValueError, match="keras-elmo score"):
        perplexity(words.model, encode_sentences(SENTENCES, WORDS))
