"""What a Python file binds, read from its syntax tree; nothing is imported."""

import ast
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


BLOCKS: Final = (
    ast.If,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.With,
    ast.AsyncWith,
    ast.Try,
    ast.ExceptHandler,
    ast.Match,
    ast.match_case,
)
"""Statements that hold further statements in the same scope."""

BLOCK_PARTS: Final = ("body", "handlers", "orelse", "finalbody", "cases")
"""The fields of those that hold the statements."""


@dataclass(frozen=True, slots=True)
class Imported:
    """``from module import attribute``, or ``import module`` without an attribute."""

    module: str
    attribute: str | None
    line: int


@dataclass(frozen=True, slots=True, eq=False)
class Assigned:
    """``name = value`` or ``name: annotation = value``, by a statement."""

    value: ast.expr
    line: int
    statement: ast.stmt
    annotation: ast.expr | None = None

    @property
    def text(self) -> str:
        """The statement on one line, shortened: ``app = FastAPI(…)``."""
        return snippet(self.statement)


@dataclass(frozen=True, slots=True, eq=False)
class Defined:
    """A function or a class."""

    node: Definition
    line: int


Binding = Imported | Assigned | Defined


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """The names of a module or of a function, each with all its bindings in order.

    ``stars`` are the modules of ``from module import *``.
    """

    names: dict[str, list[Binding]] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)

    def bind(self, name: str, binding: Binding) -> None:
        """Add a binding after the others of its name."""
        self.names.setdefault(name, []).append(binding)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Module:
    """One parsed file.

    Args:
        name: its import name.
        path: relative to the project's root.
        is_package: whether it is an ``__init__.py``.
        scope: what its top level binds.
        main: the body of ``if __name__ == "__main__":``, or empty.
        tree: the whole file.
    """

    name: str
    path: str
    is_package: bool
    scope: Scope
    main: tuple[ast.stmt, ...]
    tree: ast.Module

    @property
    def last_name(self) -> str:
        """The last part of the file's name: ``main``, ``__init__``."""
        return "__init__" if self.is_package else self.name.rpartition(".")[2]

    def last(self, name: str) -> Binding | None:
        """Return the last binding of a name at the top level."""
        bindings = self.scope.names.get(name)
        return bindings[-1] if bindings else None

    def functions(self) -> Iterator[Function]:
        """Yield the functions of the top level, each name's last definition."""
        for bindings in self.scope.names.values():
            last = bindings[-1]
            if isinstance(last, Defined) and not isinstance(last.node, ast.ClassDef):
                yield last.node


def parse_module(text: str, *, name: str, path: str) -> Module:
    """Parse a file.

    Raises:
        SyntaxError: if it is not Python 3 as this interpreter knows it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # invalid escapes in somebody else's strings
        try:
            tree = ast.parse(text, filename=path)
        except ValueError as error:  # a null byte
            raise SyntaxError(str(error)) from None
    is_package = path.rpartition("/")[2] == "__init__.py"
    package = name if is_package else name.rpartition(".")[0]
    scope, main = Scope(), []
    for statement in tree.body:
        if is_main_guard(statement):
            main.extend(statement.body)  # type: ignore[attr-defined]  # is_main_guard: an If
        else:
            collect([statement], scope, package)
    return Module(
        name=name, path=path, is_package=is_package, scope=scope, main=tuple(main), tree=tree
    )


def is_main_guard(statement: ast.stmt) -> bool:
    """Tell whether a statement is ``if __name__ == "__main__":``, or ``in {"__main__", …}``."""
    if not isinstance(statement, ast.If) or not isinstance(statement.test, ast.Compare):
        return False
    sides = [statement.test.left, *statement.test.comparators]
    has_name = any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides)
    return has_name and any(
        isinstance(inner, ast.Constant) and inner.value == "__main__"
        for side in sides
        for inner in (side.elts if isinstance(side, ast.Set | ast.Tuple | ast.List) else [side])
    )


def collect(  # noqa: C901 - one case for each statement that binds
    body: Iterable[ast.stmt], scope: Scope, package: str
) -> None:
    """Add to a scope what statements bind, those of ``if``, ``try`` and ``with`` included.

    ``package`` is what relative imports are relative to.
    """
    for statement in body:
        match statement:
            case ast.Import() | ast.ImportFrom():
                _collect_import(statement, scope, package)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                scope.bind(statement.name, Defined(statement, statement.lineno))
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    _collect_target(target, value, statement, scope)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                line = Assigned(value, statement.lineno, statement, statement.annotation)
                scope.bind(name, line)
            case ast.If(body=inner, orelse=other):
                collect([*inner, *other], scope, package)
            case ast.With(body=inner, items=items) | ast.AsyncWith(body=inner, items=items):
                for item in items:
                    _collect_context(item, statement, scope)
                collect(inner, scope, package)
            case ast.Try(body=inner, handlers=handlers, orelse=other, finalbody=final):
                # The handlers first: what normally happens has the last word.
                for handler in handlers:
                    collect(handler.body, scope, package)
                collect([*inner, *other, *final], scope, package)
            case _:
                pass


def _collect_target(target: ast.expr, value: ast.expr, statement: ast.stmt, scope: Scope) -> None:
    if isinstance(target, ast.Name):
        scope.bind(target.id, Assigned(value, statement.lineno, statement))
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        if len(target.elts) == len(value.elts):
            for one, its in zip(target.elts, value.elts, strict=True):
                _collect_target(one, its, statement, scope)
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Call):
        for index, one in enumerate(target.elts):
            item = ast.Subscript(value, ast.Constant(index), ast.Load())
            _collect_target(one, ast.copy_location(item, value), statement, scope)


def _collect_context(item: ast.withitem, statement: ast.stmt, scope: Scope) -> None:
    """Bind ``demo`` of ``with gr.Blocks() as demo``: classes return themselves, methods rarely."""
    made, target = item.context_expr, item.optional_vars
    if not isinstance(made, ast.Call) or not isinstance(target, ast.Name):
        return
    if (dotted(made.func) or "").rpartition(".")[2][:1].isupper():
        scope.bind(target.id, Assigned(made, statement.lineno, statement))


def _collect_import(statement: ast.Import | ast.ImportFrom, scope: Scope, package: str) -> None:
    if isinstance(statement, ast.Import):
        for alias in statement.names:
            module = alias.name if alias.asname else alias.name.partition(".")[0]
            scope.bind(alias.asname or module, Imported(module, None, statement.lineno))
        return
    origin = absolute(statement.module or "", statement.level, package)
    for alias in statement.names:
        if alias.name == "*":
            scope.stars.append(origin)
        else:
            bound = Imported(origin, alias.name, statement.lineno)
            scope.bind(alias.asname or alias.name, bound)


def absolute(module: str, level: int, package: str) -> str:
    """Return the absolute name of an import that has ``level`` leading dots (PEP 328)."""
    if level == 0:
        return module
    parts = package.split(".") if package else []
    kept = parts[: len(parts) - (level - 1)] if level > 1 else parts
    return ".".join([*kept, module] if module else kept)


def snippet(statement: ast.stmt) -> str:
    """Show an assignment or a call on one line: ``app = FastAPI(…)``."""
    match statement:
        case ast.Assign(targets=targets, value=value):
            left = " = ".join(ast.unparse(target) for target in targets)
            return f"{left} = {shorten(value)}"
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            return f"{ast.unparse(target)} = {shorten(value)}"
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            prefix = "async " if isinstance(statement, ast.AsyncFunctionDef) else ""
            names = ", ".join(argument.arg for argument in statement.args.args)
            returns = f" -> {ast.unparse(statement.returns)}" if statement.returns else ""
            return f"{prefix}def {name}({names}){returns}"
        case ast.Expr(value=value):
            return shorten(value)
        case _:
            return ast.unparse(statement).partition("\n")[0]


def shorten(value: ast.expr) -> str:
    """Show an expression with the arguments of its outermost call left out."""
    if isinstance(value, ast.Call):
        inside = "…" if value.args or value.keywords else ""
        return f"{shorten(value.func)}({inside})"
    text = " ".join(ast.unparse(value).split())
    limit = 60
    return text if len(text) <= limit else text[: limit - 1] + "…"


def string(node: ast.AST | None) -> str | None:
    """Return the value of a string literal."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """Return a keyword argument of a call."""
    return next((item.value for item in call.keywords if item.arg == name), None)


def calls(nodes: Iterable[ast.AST]) -> Iterator[ast.Call]:
    """Yield every call below some nodes, outermost first."""
    for node in nodes:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Call):
                yield inner


def dotted(node: ast.expr) -> str | None:
    """Return ``a.b.c`` for a chain of attributes of a name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        head = dotted(node.value)
        return f"{head}.{node.attr}" if head else None
    return None
