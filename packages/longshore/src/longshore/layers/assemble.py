"""From inputs to layers: the one entrance of this room.

``image_layers`` opens and checks the wheels, settles collisions, plans, and returns a
``LayerSet``: lazy layers, bottom first, and findings for the user. Nothing is compiled or
compressed until a layer is opened; ``materialise_all`` stores them::

    with image_layers(inputs, blobs=cache, memos=memos, reporter=reporter) as result:
        described = materialise_all(result.layers, layout.blobs, memos, reporter)

Layers, bottom first: large wheels, each alone; buckets of small wheels; added packages; the
virtual environment with scripts and records of third-party wheels; their bytecode; members of the
workspace; assets; the application. A layer that would be empty is left out.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Final, Self

from longshore.errors import ProjectError
from longshore.layers.bytecode import BytecodeFragment, BytecodeStore, Unit
from longshore.layers.files import PlainFile, files_fragment, folders_fragment
from longshore.layers.fragment import Fragment, FragmentLayer, WheelFragment, reencoded
from longshore.layers.inputs import LayerInputs
from longshore.layers.installed import InstalledWheel
from longshore.layers.key import layer_key
from longshore.layers.location import APPLICATION, added_location, venv_location
from longshore.layers.plan import LayerPlan, SizedWheel, plan_layers
from longshore.layers.settle import settle_wheels
from longshore.layers.venv import skeleton_fragment, written_fragment
from longshore.oci.blobs import BlobStore
from longshore.oci.gzip import GzipEncoder
from longshore.oci.layer import Encoder, Layer, LayerDescriptor
from longshore.oci.materialise import materialise
from longshore.oci.memos import MemoStore
from longshore.types import Digest, Finding, NormalizedName, NullReporter, Reporter

_WORKERS: Final = 4
_TITLE_NAMES: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerSet:
    """The layers of an image on top of its base; a context manager that keeps the wheels open.

    Args:
        layers: bottom first.
        findings: warnings: records that disagree, files that two wheels bring.
        places: by the digest of a wheel's file, the index of the layer that holds its files.
    """

    layers: tuple[Layer, ...]
    findings: tuple[Finding, ...]
    places: Mapping[Digest, int] = field(repr=False, hash=False)
    _stack: ExitStack = field(repr=False, hash=False)

    def close(self) -> None:
        """Close the wheels; layers can't be opened afterwards."""
        self._stack.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def image_layers(
    inputs: LayerInputs,
    *,
    blobs: BlobStore,
    memos: MemoStore,
    reporter: Reporter | None = None,
) -> LayerSet:
    """Turn inputs into lazy layers.

    Args:
        inputs: what the image holds.
        blobs: a cache for what is expensive to make.
        memos: what earlier builds came to.
        reporter: hears what is compiled.

    Raises:
        WheelError: if a wheel is refused, or two wheels can't live in one image.
        ProjectError: if a plain file is refused, or appears twice.
        ValueError: if the same wheel is given twice.
    """
    tools = _Tools.of(inputs, blobs, memos, reporter or NullReporter())
    own = () if inputs.application is None else (inputs.application,)
    with ExitStack() as stack:
        settle = partial(settle_wheels, memos=memos, strict=inputs.strict, stack=stack)
        venv = settle(
            (*inputs.third_party, *inputs.members, *own),
            venv_location(inputs.interpreter.version),
        )
        beside = settle(inputs.added, added_location())
        third_party = venv.of(inputs.third_party)
        sizes = {item.sha256: item.path.stat().st_size for item in inputs.third_party}
        plan = plan_layers(
            (
                SizedWheel(name=item.wheel.name, size=sizes[item.wheel.sha256])
                for item in third_party
            ),
            together=_within(venv.together, third_party),
            budget=inputs.budget,
        )
        groups = [
            *tools.third_party(third_party, plan),
            tools.whole("added by Longshore", beside.of(inputs.added)),
            tools.environment(inputs, third_party),
            tools.compiled(third_party),
            tools.whole("workspace members", venv.of(inputs.members)),
            _Group(title="assets", fragments=tools.plain(inputs.assets)),
            tools.application(venv.of(own), inputs),
        ]
        kept = [group for group in groups if group.fragments]
        return LayerSet(
            layers=tuple(group.layer(memos) for group in kept),
            findings=(*venv.findings, *beside.findings),
            places={digest: n for n, group in enumerate(kept) for digest in group.wheels},
            _stack=stack.pop_all(),
        )


def materialise_all(
    layers: Sequence[Layer], blobs: BlobStore, memos: MemoStore, reporter: Reporter | None = None
) -> tuple[LayerDescriptor, ...]:
    """Make layers, several at a time, and return their descriptors in order.

    Raises:
        LongshoreError: what ``materialise`` raises for the first layer that fails.
    """
    make = partial(materialise, blobs=blobs, memos=memos, reporter=reporter)
    with ThreadPoolExecutor(max_workers=min(_WORKERS, os.cpu_count() or 1)) as pool:
        return tuple(pool.map(make, layers))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """What becomes one layer, and the wheels whose files it holds."""

    title: str
    fragments: tuple[Fragment, ...]
    wheels: tuple[Digest, ...] = ()

    def layer(self, memos: MemoStore) -> FragmentLayer:
        return FragmentLayer(title=self.title, fragments=self.fragments, memos=memos)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tools:
    """What makes fragments."""

    encoder: Encoder
    store: BytecodeStore | None

    @classmethod
    def of(
        cls, inputs: LayerInputs, blobs: BlobStore, memos: MemoStore, reporter: Reporter
    ) -> "_Tools":
        encoder = GzipEncoder()
        if inputs.compiler is None:
            return cls(encoder=encoder, store=None)
        store = BytecodeStore(
            compiler=inputs.compiler,
            interpreter=inputs.interpreter,
            blobs=blobs,
            memos=memos,
            encoder=encoder,
            reporter=reporter,
        )
        return cls(encoder=encoder, store=store)

    def third_party(self, wheels: Sequence[InstalledWheel], plan: LayerPlan) -> Iterator[_Group]:
        by_name = {item.wheel.name: item for item in wheels}
        for names in plan.layers:
            chosen = [by_name[name] for name in names]
            yield _Group(
                title=_title(chosen),
                fragments=tuple(WheelFragment(wheel=w, encoder=self.encoder) for w in chosen),
                wheels=_digests(chosen),
            )

    def environment(self, inputs: LayerInputs, wheels: Sequence[InstalledWheel]) -> _Group:
        skeleton = skeleton_fragment(
            inputs.interpreter, added=bool(inputs.added), encoder=self.encoder
        )
        written = (self._written(wheels),) if wheels else ()
        return _Group(title="virtual environment", fragments=(skeleton, *written))

    def compiled(self, wheels: Sequence[InstalledWheel]) -> _Group:
        return _Group(title="bytecode", fragments=tuple(self._bytecode(map(_unit, wheels))))

    def whole(self, title: str, wheels: Sequence[InstalledWheel]) -> _Group:
        """Return one layer with all that some wheels come to."""
        if not wheels:
            return _Group(title=title, fragments=())
        return _Group(
            title=f"{title}: {_title(wheels)}",
            fragments=(
                *(reencoded(wheel, self.encoder) for wheel in wheels),
                self._written(wheels),
                *self._bytecode(map(_unit, wheels)),
            ),
            wheels=_digests(wheels),
        )

    def application(self, wheels: Sequence[InstalledWheel], inputs: LayerInputs) -> _Group:
        group = self.whole("application", wheels)
        folders = self._folders(inputs)
        source = self.plain(inputs.files)
        return _Group(
            title=group.title if wheels else "application source",
            # Folders first: whoever unpacks wants a folder before what is in it.
            fragments=(*folders, *group.fragments, *source),
            wheels=group.wheels,
        )

    def _folders(self, inputs: LayerInputs) -> tuple[Fragment, ...]:
        return (folders_fragment(inputs.writable, self.encoder),) if inputs.writable else ()

    def plain(self, files: Sequence[PlainFile]) -> tuple[Fragment, ...]:
        """Return some plain files and the bytecode of the modules among them."""
        if not files:
            return ()
        paths = [file.path for file in files]
        if twice := sorted({path for path in paths if paths.count(path) > 1}):
            msg = f"{twice[0]}: the file is included twice"
            raise ProjectError(msg)
        return (files_fragment(files, self.encoder), *self._bytecode([_files_unit(files)]))

    def _written(self, wheels: Sequence[InstalledWheel]) -> Fragment:
        store = self.store
        if store is None:
            none = layer_key("no bytecode")
            return written_fragment(wheels, lambda found: [()] * len(found), none, self.encoder)
        units = tuple(map(_unit, wheels))
        identity = BytecodeFragment(units=units, store=store).key
        return written_fragment(
            wheels,
            lambda found: [item.paths for item in store.compile_all([_unit(w) for w in found])],
            identity,
            self.encoder,
        )

    def _bytecode(self, units: Iterable[Unit]) -> tuple[Fragment, ...]:
        filled = tuple(unit for unit in units if unit.modules)
        if self.store is None or not filled:
            return ()
        return (BytecodeFragment(units=filled, store=self.store),)


def _unit(wheel: InstalledWheel) -> Unit:
    content, site = wheel.wheel.archive.content, wheel.location.site
    return Unit(
        title=wheel.title,
        identity=wheel.key_parts,
        folder=site,
        modules=[
            (file.path.removeprefix(f"{site}/"), partial(content, file.entry.zip))
            for file in wheel.sources
        ],
    )


def _files_unit(files: Iterable[PlainFile]) -> Unit:
    modules = sorted(
        (file for file in files if file.path.endswith(".py") and not file.is_link),
        key=lambda file: file.path,
    )
    return Unit(
        title="application source",
        identity=tuple(f"{file.sha256} {file.path}" for file in modules),
        folder=APPLICATION,
        modules=[(file.path, file.chunks) for file in modules],
    )


def _within(
    groups: Iterable[Sequence[NormalizedName]], wheels: Sequence[InstalledWheel]
) -> list[list[NormalizedName]]:
    names = {item.wheel.name for item in wheels}
    return [[name for name in group if name in names] for group in groups]


def _digests(wheels: Iterable[InstalledWheel]) -> tuple[Digest, ...]:
    return tuple(item.wheel.sha256 for item in wheels)


def _title(wheels: Sequence[InstalledWheel]) -> str:
    if len(wheels) <= _TITLE_NAMES:
        return ", ".join(item.title for item in wheels)
    return f"{len(wheels)} wheels, {wheels[0].title} to {wheels[-1].title}"
