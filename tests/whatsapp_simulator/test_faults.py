from collections import Counter
from typing import Any

import pytest

from clinicbot.whatsapp_simulator.faults import ANSWERS, GROUPS, MEANINGS, WEBHOOKS, Fault, Faults, Plan, UnusablePlan


def drawn(seed: int, count: int = 500) -> list[Fault | None]:
    faults = Faults(Plan(rate={Fault.SERVER_ERROR: 0.2, Fault.SLOW: 0.1}, seed=seed))
    return [faults.draw(ANSWERS) for _ in range(count)]


def test_every_fault_has_a_meaning_and_is_in_one_group() -> None:
    assert set(MEANINGS) == set(Fault)
    assert Counter(fault for group in GROUPS for fault in group) == Counter(Fault)


def test_nothing_goes_wrong_unasked() -> None:
    faults = Faults()
    assert [faults.draw(group) for group in GROUPS for _ in range(100)] == [None] * 300


def test_next_so_many() -> None:
    faults = Faults(Plan(next={Fault.THROTTLED: 2, Fault.UNAUTHORIZED: 1}))
    assert [faults.draw(ANSWERS) for _ in range(4)] == [Fault.THROTTLED, Fault.THROTTLED, Fault.UNAUTHORIZED, None]


def test_counts_are_for_their_group_and_for_what_is_counted() -> None:
    faults = Faults(Plan(next={Fault.THROTTLED: 1}))
    assert faults.draw(WEBHOOKS) is None
    assert faults.draw(ANSWERS, counted=False) is None
    assert faults.to_json()["next"] == {"throttled": 1}
    assert faults.draw(ANSWERS) is Fault.THROTTLED
    assert faults.to_json()["next"] == {}


def test_the_same_seed_draws_the_same() -> None:
    assert drawn(7) == drawn(7)
    assert drawn(7) != drawn(8)


def test_rates_are_kept() -> None:
    counts = Counter(drawn(7, 5000))
    assert set(counts) == {None, Fault.SERVER_ERROR, Fault.SLOW}
    assert counts[Fault.SERVER_ERROR] / 5000 == pytest.approx(0.2, abs=0.02)
    assert counts[Fault.SLOW] / 5000 == pytest.approx(0.1, abs=0.02)


def test_plan_without_a_seed_goes_on_with_the_generator() -> None:
    plan = Plan(rate={Fault.SLOW: 0.5})
    once, twice = Faults(plan), Faults(plan)
    begun = [once.draw(ANSWERS) for _ in range(100)]
    assert [twice.draw(ANSWERS) for _ in range(50)] == begun[:50]
    twice.follow(plan)
    assert [twice.draw(ANSWERS) for _ in range(50)] == begun[50:]


def test_plan_survives_json() -> None:
    document = {"next": {"slow": 1}, "rate": {"webhook_twice": 0.5}, "pair_limit": 1, "seed": 3, "slow_seconds": 2.5}
    plan = Plan.from_json(document)
    assert plan == Plan({Fault.SLOW: 1}, {Fault.TWICE: 0.5}, slow_seconds=2.5, pair_limit=1, seed=3)
    assert Plan.from_json(plan.to_json()) == plan


@pytest.mark.parametrize(
    "document",
    [
        {"next": {"unheard_of": 1}},
        {"next": {"slow": -1}},
        {"next": {"slow": 1.5}},
        {"next": {"slow": True}},
        {"next": 3},
        {"rate": {"slow": 1.1}},
        {"rate": {"slow": "often"}},
        {"rate": {"slow": 0.6, "throttled": 0.6}},
        {"pair_limit": -1},
        {"seed": "x"},
        {"late_seconds": -1},
        {"slow_seconds": None},
        {"later": 1},
        3,
    ],
)
def test_unusable_plans_are_refused(document: Any) -> None:
    with pytest.raises(UnusablePlan):
        Plan.from_json(document)
