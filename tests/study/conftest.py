"""One small synthetic delivery for the tests of the whole study."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.proofs.delivery import deliver

PERSONS, SEED = 6_000, 3


@pytest.fixture(scope="session")
def deliveries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("deliveries")


@pytest.fixture(scope="session")
def delivery(deliveries: Path) -> Path:
    return deliver(deliveries / "default", scenario="default", persons=PERSONS, seed=SEED)


@pytest.fixture(scope="session")
def clean_delivery(deliveries: Path) -> Path:
    return deliver(deliveries / "no_flaws", scenario="no_flaws", persons=PERSONS, seed=SEED)
