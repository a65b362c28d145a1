"""How many lines may be lost before it is no accident any more.

Training a model anew, with nothing changed that concerns an FAQ, moves a few of its lines across a border: some are
lost and some are won. What is lost beyond that has a cause that somebody should look at.
"""

from functools import lru_cache

from scipy.stats import binom

from clinicbot.releases.proof import Score

# The share of lines that a training which changes nothing loses, at most; measured, see docs/decisions/0011.
FROZEN_LOST_BY_CHANCE = 0.005
OWN_LOST_BY_CHANCE = 0.001
# How often a proof without any cause may complain of some FAQ.
FALSE_COMPLAINTS = 0.05
# Of fewer phrasings that were held back, one that isn't understood says nothing.
LEAST_HELD_BACK = 3


@lru_cache(maxsize=4096)
def allowed_loss(lines: int, labels: int, by_chance: float) -> int:
    """The most lines of one label that may be lost, net: more than that happens by chance to any of so many labels in
    FALSE_COMPLAINTS of the proofs at most (binomial, Bonferroni)."""
    loss = 0
    while binom.sf(loss, lines, by_chance) > FALSE_COMPLAINTS / labels:
        loss += 1
    return loss


def is_lost(lost: int, won: int) -> bool:
    """Whether more lines were lost than won, and hardly by chance (McNemar's exact test, one-sided)."""
    return lost > won and bool(binom.sf(lost - 1, lost + won, 0.5) < FALSE_COMPLAINTS)


def is_not_learnt(score: Score | None) -> bool:
    """Whether most of an FAQ's phrasings that were held back aren't understood."""
    return score is not None and score.lines >= LEAST_HELD_BACK and 2 * score.right < score.lines
