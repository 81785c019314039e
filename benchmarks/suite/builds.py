"""Builds of the example: nothing changed, one line edited, first, cold; memory; sizes."""

from collections.abc import Callable
from pathlib import Path

from suite.peer import Peer, cache_folder
from suite.project import Longshore, edit_line, make_other
from suite.report import Row, Table
from suite.sampling import Sample, Series, UnavailableError, interleave

EDIT_LIMIT = 1 / 8
EDIT_SECONDS = 0.6
FIRST_LIMIT = 0.6
UNCHANGED_SECONDS = 0.25
PEAK = 150.0
SIZE_MB = 54.0
Case = Callable[[int], Sample]


def open_peer(project: Path) -> tuple[Peer | None, str]:
    """Return the peer, ready, or why there is none."""
    peer = Peer(project=project, cache=cache_folder())
    try:
        peer.prepare()
        peer.build("taskapi")
    except UnavailableError as error:
        return None, str(error)
    return peer, ""


def measure_builds(rounds: int, project: Path, folder: Path) -> Table:
    """Build the copy of the example in every state of the caches, in turns with the peer."""
    warm = Longshore(project=project, home=folder / "warm")
    warm.prepare()
    downloads = Longshore(project=project, home=folder / "downloads")
    downloads.add_downloads(warm)
    based = Longshore(project=make_other(folder, project), home=folder / "based")
    based.prepare()
    based.add_downloads(warm)
    fresh = Longshore(project=project, home=folder / "fresh")
    peer, reason = open_peer(project)
    try:
        series = {
            "nothing changed": _run(rounds * 2, _unchanged(warm), _peer_warm(peer)),
            "one-line edit": _run(rounds * 2, *_edits(warm, peer)),
            "first build": _firsts(rounds, fresh, (based, downloads), peer),
            "cold": _run(max(1, rounds // 2), _cold(fresh), _peer_cold(peer)),
        }
        sizes = [(each["title"], each["size"] / 1e6) for each in warm.describe()["layers"]]
    finally:
        fresh.forget()
        if peer is not None:
            peer.clean()
    total = sum(size for _, size in sizes)
    verdict = "ok" if total <= SIZE_MB else "missed"
    return Table(
        title="Builds of examples/task-api",
        rows=tuple(_rows(series, reason)),
        sizes=(*sizes, ("whole image", total)),
        remarks=(f"Whole image: {total:.1f} MB, budget ≤ {SIZE_MB:.0f} MB gzip: {verdict}.",),
    )


def _rows(series: dict[str, dict[str, Series]], reason: str) -> list[Row]:
    limits: dict[str, dict[str, float]] = {
        "nothing changed": {"seconds": UNCHANGED_SECONDS},
        "one-line edit": {"seconds": EDIT_SECONDS, "limit": EDIT_LIMIT},
        "first build": {"limit": FIRST_LIMIT},
        "cold": {},
    }
    names = {"first build": "first build, downloads cached", "cold": "first build, nothing cached"}
    rows = []
    for key, made in series.items():
        name = names.get(key, key)
        peer = made.get("peer")
        if "based" in made:
            rows.append(
                Row(
                    name="longshore: first build, base in use by another project",
                    series=made["based"],
                    peer=("buildah + uv", peer),
                    limit=FIRST_LIMIT,
                    peak=PEAK,
                )
            )
        rows.append(
            Row(
                name=f"longshore: {name}",
                series=made.get("ours"),
                peer=("buildah + uv", peer),
                limit=limits[key].get("limit"),
                seconds=limits[key].get("seconds"),
                peak=PEAK,
                note="" if "ours" in made else "the build failed",
            )
        )
        note = "" if peer else reason or "the build failed"
        rows.append(Row(name=f"buildah + uv: {name}", series=peer, note=note))
    return rows


def _run(rounds: int, ours: Case, peer: Case | None) -> dict[str, Series]:
    if peer is None:
        return interleave(rounds, ours=ours)
    return interleave(rounds, ours=ours, peer=peer)


def _firsts(
    rounds: int, fresh: Longshore, states: tuple[Longshore, Longshore], peer: Peer | None
) -> dict[str, Series]:
    based, downloads = states
    cases = {"based": _first(fresh, based), "ours": _first(fresh, downloads)}
    if (other := _peer_first(peer)) is not None:
        cases["peer"] = other
    return interleave(rounds, **cases)


def _unchanged(ours: Longshore) -> Case:
    return lambda _: ours.build()


def _peer_warm(peer: Peer | None) -> Case | None:
    return None if peer is None else lambda _: peer.build("taskapi")


def _edits(ours: Longshore, peer: Peer | None) -> tuple[Case, Case | None]:
    """Return cases that each see one edit since their last build."""

    def edit(number: int) -> Sample:
        edit_line(ours.project, number)
        return ours.build()

    return edit, _peer_warm(peer)


def _first(fresh: Longshore, state: Longshore) -> Case:
    def build(_: int) -> Sample:
        fresh.take_over(state)
        return fresh.build()

    return build


def _peer_first(peer: Peer | None) -> Case | None:
    return None if peer is None else lambda _: peer.build("taskapi", cached=False)


def _cold(fresh: Longshore) -> Case:
    def build(_: int) -> Sample:
        fresh.forget()
        return fresh.build()

    return build


def _peer_cold(peer: Peer | None) -> Case | None:
    if peer is None:
        return None

    def build(_: int) -> Sample:
        peer.forget_downloads()
        return peer.build("taskapi", cached=False)

    return build
