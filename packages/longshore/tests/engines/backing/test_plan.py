"""How backing services are started."""

from dataclasses import replace
from pathlib import PurePosixPath

from longshore.config import ServiceConfig, ServiceKind
from longshore.engines.backing.account import Account
from longshore.engines.backing.plan import FoundImage, key_of, plan_backing
from longshore.engines.interface import LoadedImage, Port, RunSpec, Volume
from longshore.oci.config import ImageConfig
from longshore.types import Digest, Reference, Secret

DB = ServiceConfig(
    name="db",
    image=Reference(repository="postgres", tag="17"),
    kind=ServiceKind.POSTGRES,
    port=5432,
    env={"POSTGRES_DB": "tasks"},
)
ACCOUNT = Account(user="postgres", password=Secret("made"), database="tasks")
LOADED = LoadedImage(
    digest=Digest.of(b"1"), config=ImageConfig(volumes=("/var/lib/pg",)), location="here"
)
IMAGE = FoundImage(image=LOADED)
STAND_IN = FoundImage(image=LOADED, stand_in="postgres 17.1", reason="there is no other")


def _plan(
    found: FoundImage, *, service: ServiceConfig = DB, shares_network: bool = False
) -> RunSpec:
    return plan_backing(
        service,
        found,
        ACCOUNT,
        run_id="1",
        project="shop",
        port=40000,
        shares_network=shares_network,
    )


def _env(spec: RunSpec) -> dict[str, str]:
    return {name: value.reveal() for name, value in spec.env.items()}


def test_an_image_starts_as_its_makers_mean_it() -> None:
    spec = _plan(IMAGE)
    assert spec.foreign
    assert spec.networked
    assert spec.args is None
    assert _env(spec) == {"POSTGRES_DB": "tasks", "POSTGRES_PASSWORD": "made"}
    assert spec.port == Port(host=40000, container=5432)
    assert spec.volumes == (Volume(name="db.var-lib-pg", target=PurePosixPath("/var/lib/pg")),)
    given = _plan(IMAGE, service=replace(DB, command=("postgres", "-c", "a=b")))
    assert given.args == ("postgres", "-c", "a=b")


def test_what_stands_in_is_confined_and_has_data_of_its_own() -> None:
    spec = _plan(STAND_IN)
    assert not spec.foreign
    assert [volume.name for volume in spec.volumes] == ["db.stand-in-var-lib-pg"]
    assert _env(spec)["PORT"] == "5432"
    assert "LONGSHORE_HOST" not in spec.env


def test_on_the_network_of_this_machine_it_listens_on_loopback_only() -> None:
    spec = _plan(STAND_IN, shares_network=True)
    assert spec.port == Port(host=40000, container=40000)
    assert (_env(spec)["PORT"], _env(spec)["LONGSHORE_HOST"]) == ("40000", "127.0.0.1")


def test_data_in_another_folder_has_a_volume_too() -> None:
    elsewhere = replace(DB, env={"PGDATA": "/pg/data"})
    assert [volume.name for volume in _plan(IMAGE, service=elsewhere).volumes] == [
        "db.var-lib-pg",
        "db.pg-data",
    ]
    below = replace(DB, env={"PGDATA": "/var/lib/pg/data"})
    assert len(_plan(IMAGE, service=below).volumes) == 1


def test_the_key_changes_with_what_decides_how_it_runs_and_with_nothing_else() -> None:
    key = key_of(DB, IMAGE, ACCOUNT)
    assert key == key_of(replace(DB, addresses={"A": "{url}"}), IMAGE, ACCOUNT)
    assert key == key_of(DB, IMAGE, replace(ACCOUNT, password=Secret("another")))
    others = [
        key_of(replace(DB, env={}), IMAGE, ACCOUNT),
        key_of(replace(DB, command=("postgres",)), IMAGE, ACCOUNT),
        key_of(replace(DB, port=1), IMAGE, ACCOUNT),
        key_of(DB, STAND_IN, ACCOUNT),
        key_of(DB, FoundImage(image=replace(LOADED, digest=Digest.of(b"2"))), ACCOUNT),
    ]
    assert len({key, *others}) == 6
