"""What the environment may say, and what it is told when it says something else."""

from collections.abc import Callable
from pathlib import Path

import pytest

from backbone.event_log import access
from backbone.settings import Settings, WrongSettings, load, variable
from tests.kafka_broker import VARIABLE
from tests.streams.certificates import Authority, Pair, new_key, text_of


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
        ("EHR_KAFKA", "broker", "EHR_KAFKA: a server is host:port, which number 1 of the list is not"),
        (
            "EHR_KAFKA",
            "a:9092,b:70000",
            "EHR_KAFKA: a server is host:port, which number 2 of the list is not",
        ),
        ("EHR_KAFKA", "a:9092", "EHR_KAFKA is given, and EHR_LOG=embedded does not use it"),
        ("EHR_KAFKA_USER", "relay", "EHR_KAFKA_USER and EHR_KAFKA_PASSWORD belong together"),
        ("EHR_KAFKA_CA", "/no/such.pem", "EHR_KAFKA_CA=/no/such.pem: the file cannot be read: No such file"),
        ("EHR_KAFKA_CA", "/etc", "EHR_KAFKA_CA=/etc: the file cannot be read: Is a directory"),
        ("EHR_KAFKA_CA", "/dev/null", "EHR_KAFKA_CA=/dev/null: there is no certificate (PEM) in this file"),
        ("EHR_KAFKA_PARTITION", "1", "EHR_KAFKA_PARTITION counts from 0 to EHR_KAFKA_PARTITIONS - 1"),
        ("EHR_KAFKA_AWAY", "record", "EHR_KAFKA_AWAY=record is given, and EHR_LOG=embedded does not use it"),
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


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EHR_DATABASE_URL", "postgresql://ehr:hush@[::1/ehr"),
        ("EHR_DATABASE_URL", "postgresql://ehr:hu%sh@db/ehr"),
        ("EHR_DATABASE_URL", "postgresql://ehr:hush@db/ehr?sslmod=require"),
        ("EHR_DATABASE_URL", "hush"),
        ("EHR_KAFKA", "relay:hush@a:9092"),
        ("EHR_KAFKA", "hush@a:9092"),
        ("EHR_KAFKA", "a:9092,hush"),
    ],
)
def test_a_mistake_is_told_without_what_may_be_a_password(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("EHR_LOG", "kafka")
    monkeypatch.setenv(name, value)
    with pytest.raises(WrongSettings) as refusal:
        load()
    assert str(refusal.value).startswith(f"{name}: ")
    assert not [part for part in ("hush", "hu%sh") if part in str(refusal.value)]
    assert refusal.value.__suppress_context__


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_variables_of_the_tests_are_nobody_s_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "127.0.0.1:9092")
    assert load().port == 8000


def test_servers_stand_between_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EHR_LOG", "kafka")
    monkeypatch.setenv("EHR_KAFKA", " a:9092, [2001:db8::1]:9093 ,,")
    assert load().kafka == "a:9092,[2001:db8::1]:9093"


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Authority(tmp_path, "authority").sign("client")


def write(file: Path, content: bytes) -> Path:
    file.write_bytes(content)
    return file


@pytest.mark.parametrize(
    ("spoil", "mistake"),
    [
        (
            lambda pair: write(pair.key, text_of(new_key())),
            "EHR_KAFKA_KEY={key}: the key is none of EHR_KAFKA_C",
        ),
        (
            lambda pair: write(pair.key, text_of(new_key(), b"hush")),
            "EHR_KAFKA_KEY={key}: the key has a passphr",
        ),
        (lambda pair: write(pair.key, b""), "EHR_KAFKA_KEY={key}: there is no private key (PEM)"),
        (lambda pair: pair.key.unlink(), "EHR_KAFKA_KEY={key}: the file cannot be read: No such file"),
        (
            lambda pair: write(pair.certificate, b"x"),
            "EHR_KAFKA_CERTIFICATE={certificate}: there is no certif",
        ),
        (
            lambda pair: pair.certificate.unlink(),
            "EHR_KAFKA_CERTIFICATE={certificate}: the file cannot be rea",
        ),
    ],
)
def test_files_that_are_not_what_they_must_be_are_refused(
    pair: Pair, spoil: Callable[[Pair], object], mistake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EHR_KAFKA_CERTIFICATE", str(pair.certificate))
    monkeypatch.setenv("EHR_KAFKA_KEY", str(pair.key))
    assert load().kafka_key == pair.key
    spoil(pair)
    with pytest.raises(WrongSettings) as refusal:
        load()
    assert str(refusal.value).startswith(mistake.format(key=pair.key, certificate=pair.certificate))


def test_what_brokers_are_shown_needs_brokers(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that `ehr run` starts asks for nothing, and speaks no TLS."""
    monkeypatch.setenv("EHR_LOG", "kafka")
    user = {"EHR_KAFKA_USER": "relay", "EHR_KAFKA_PASSWORD": "hush"}
    certificate = {"EHR_KAFKA_CERTIFICATE": str(pair.certificate), "EHR_KAFKA_KEY": str(pair.key)}
    ca = {"EHR_KAFKA_CA": str(pair.certificate)}
    for given, named in [
        (user, "EHR_KAFKA_USER"),
        (ca, "EHR_KAFKA_CA"),
        (certificate, "EHR_KAFKA_CERTIFICATE"),
        (user | ca, "EHR_KAFKA_USER and EHR_KAFKA_CA"),
    ]:
        with monkeypatch.context() as context:
            for name, value in given.items():
                context.setenv(name, value)
            with pytest.raises(WrongSettings) as refusal:
                load()
            context.setenv("EHR_KAFKA", "a:9092")
            assert load().kafka == "a:9092"
        assert str(refusal.value).startswith(f"{named}: of no use without EHR_KAFKA, for the broker that")


def test_a_wrong_file_is_told_before_that_nobody_asks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EHR_LOG", "kafka")
    monkeypatch.setenv("EHR_KAFKA_CA", "/no/such.pem")
    with pytest.raises(WrongSettings, match=r"^EHR_KAFKA_CA=/no/such.pem: the file cannot be read"):
        load()


def test_the_password_of_kafka_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EHR_KAFKA_USER", "relay")
    monkeypatch.setenv("EHR_KAFKA_PASSWORD", "hush-hush")
    assert "hush-hush" not in repr(load()) + repr(access(load(), "a:9092"))
