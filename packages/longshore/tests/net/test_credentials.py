"""Credentials by origin."""

from pathlib import Path

import pytest

from longshore.errors import UsageError
from longshore.net.credentials import CredentialStore
from longshore.net.origin import Origin

INDEX = Origin.of("https://index.test/simple")


def _look(environment: dict[str, str], *, home: Path | None = None) -> tuple[str, str, str] | None:
    if home is not None:
        environment = {**environment, "HOME": str(home)}
    found = CredentialStore(environment=environment).lookup(INDEX)
    return None if found is None else (found.username, found.secret.reveal(), found.source)


def test_nothing_is_known_without_a_source(tmp_path: Path) -> None:
    assert _look({}, home=tmp_path) is None


def test_the_url_of_an_index_carries_a_login() -> None:
    environment = {"PIP_INDEX_URL": "https://me:pw@index.test/simple"}
    assert _look(environment) == ("me", "pw", "PIP_INDEX_URL")


def test_a_named_index_finds_its_login_through_its_url() -> None:
    environment = {
        "UV_INDEX": "other=https://other.test/simple my.corp=https://index.test/simple",
        "UV_INDEX_MY_CORP_USERNAME": "me",
        "UV_INDEX_MY_CORP_PASSWORD": "pw",
    }
    source = "UV_INDEX_MY_CORP_USERNAME and UV_INDEX_MY_CORP_PASSWORD"
    assert _look(environment) == ("me", "pw", source)


def test_a_name_without_a_url_gives_no_login() -> None:
    assert _look({"UV_INDEX_CORP_USERNAME": "me", "UV_INDEX_CORP_PASSWORD": "pw"}) is None


@pytest.mark.parametrize(
    "url", ["http://index.test/", "https://index.test:8443/", "https://a.index.test/"]
)
def test_a_login_belongs_to_scheme_host_and_port(url: str) -> None:
    environment = {"PIP_INDEX_URL": "https://me:pw@index.test/simple"}
    assert CredentialStore(environment=environment).lookup(Origin.of(url)) is None


def test_a_query_with_an_equals_sign_is_no_name() -> None:
    environment = {"PIP_INDEX_URL": "https://me:pw@index.test/simple?a=b"}
    assert _look(environment) == ("me", "pw", "PIP_INDEX_URL")


def test_netrc_is_read_from_home(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine index.test login me password pw\n")
    assert _look({}, home=tmp_path) == ("me", "pw", str(tmp_path / ".netrc"))


def test_the_variable_netrc_wins_over_home(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("machine index.test login other password pw\n")
    (tmp_path / ".netrc").write_text("machine index.test login me password pw\n")
    found = _look({"NETRC": str(tmp_path / "other")}, home=tmp_path)
    assert found == ("other", "pw", str(tmp_path / "other"))


def test_netrc_is_never_used_in_clear(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine index.test login me password pw\n")
    store = CredentialStore(environment={"HOME": str(tmp_path)})
    assert store.lookup(Origin.of("http://index.test/")) is None


def test_netrc_default_fits_no_host(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("default login me password pw\n")
    assert _look({}, home=tmp_path) is None


def test_a_host_called_default_gets_nothing_from_it(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("default login me password pw\n")
    store = CredentialStore(environment={"HOME": str(tmp_path)})
    assert store.lookup(Origin.of("https://default/")) is None


def test_a_broken_netrc_is_named(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine index.test\nlogin me\nnonsense\n")
    with pytest.raises(UsageError) as caught:
        _look({}, home=tmp_path)
    assert (
        str(caught.value)
        == f"{tmp_path}/.netrc:4: can't read the netrc: bad follower token 'nonsense'"
    )
    assert caught.value.hint == "correct the file, or point NETRC at another one"


def test_a_url_of_the_project_is_remembered_for_its_origin() -> None:
    store = CredentialStore(environment={})
    plain = store.remember("https://me:pw@index.test/simple", source="requirements.txt:1")
    assert plain == "https://index.test/simple"
    found = store.lookup(INDEX)
    assert found is not None
    assert (found.username, found.source) == ("me", "requirements.txt:1")


def test_a_credential_hides_its_secret() -> None:
    store = CredentialStore(environment={"PIP_INDEX_URL": "https://me:hunter2@index.test/"})
    assert "hunter2" not in repr(store.lookup(INDEX))
