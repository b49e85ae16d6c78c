"""What the environment may say, and what it is told when it says something else."""

from pathlib import Path

import pytest

from backbone.settings import Settings, WrongSettings, load, variable
from tests.kafka_broker import VARIABLE


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for field in Settings.model_fields:
        monkeypatch.delenv(variable(field), raising=False)


def test_what_is_not_said_has_a_default() -> None:
    settings = load()
    assert (settings.host, settings.port, settings.demo, settings.database_url) == (
        "127.0.0.1",
        8000,
        "province",
        None,
    )
    assert settings.data == Path.cwd() / ".data"
    assert settings.zone == "Asia/Ho_Chi_Minh"


def test_what_is_said_counts_and_an_empty_value_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EHR_PORT", "9000")
    monkeypatch.setenv("EHR_DATA", "/somewhere")
    monkeypatch.setenv("EHR_DEMO", "none")
    monkeypatch.setenv("EHR_HOST", "")
    settings = load()
    assert (settings.port, settings.data, settings.demo) == (9000, Path("/somewhere"), "none")
    assert settings.host == "127.0.0.1"


@pytest.mark.parametrize(
    ("name", "value", "mistake"),
    [
        ("EHR_PORT", "http", "EHR_PORT: Input should be a valid integer"),
        ("EHR_PORT", "70000", "EHR_PORT: Input should be less than or equal to 65535"),
        ("EHR_DEMO", "country", "EHR_DEMO: Input should be 'province' or 'none'"),
        ("EHR_ZONE", "Asia/Nowhere", "EHR_ZONE: no time zone is called 'Asia/Nowhere'"),
        ("EHR_ZONE", "../../etc/passwd", "EHR_ZONE: no time zone is called '../../etc/passwd'"),
        ("EHR_HOST", "0.0.0.0", "EHR_HOST=0.0.0.0 is reached from other machines"),
        ("EHR_HOST", "example.org", "EHR_HOST=example.org is reached from other machines"),
        ("EHR_ALLOWED_HOSTS", "api,a:80", "EHR_ALLOWED_HOSTS: no host without a port: a:80"),
        ("EHR_PROT", "9000", "EHR_PROT: there is no such setting"),
    ],
)
def test_a_mistake_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, mistake: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(WrongSettings) as refusal:
        load()
    assert str(refusal.value).startswith(mistake)


def test_another_host_needs_a_second_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EHR_HOST", "0.0.0.0")
    monkeypatch.setenv("EHR_ALLOW_REMOTE", "yes")
    assert load().host == "0.0.0.0"


def test_names_of_the_server_stand_between_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load().host_names == ["127.0.0.1"]
    monkeypatch.setenv("EHR_ALLOWED_HOSTS", "ehr.example.org, [2001:db8::1],,api")
    assert load().host_names == ["127.0.0.1", "ehr.example.org", "2001:db8::1", "api"]


def test_the_password_of_the_database_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EHR_DATABASE_URL", "postgresql://ehr:hush@db/ehr")
    settings = load()
    assert "hush" not in repr(settings)
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == "postgresql://ehr:hush@db/ehr"


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_variables_of_the_tests_are_nobody_s_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "127.0.0.1:9092")
    assert load().port == 8000
