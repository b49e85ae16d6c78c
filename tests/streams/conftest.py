import os
import pytest
from streams.broker import Access


@pytest.fixture(scope="session")
def kafka() -> Access:
    return Access(os.environ["EHR_TEST_KAFKA"])
