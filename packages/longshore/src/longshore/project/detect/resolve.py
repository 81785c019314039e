"""Follow names from file to file, as the import system would, without importing anything."""

import ast
from collections.abc import Iterator

from longshore.project.detect.files import ProjectFiles
from longshore.project.detect.frameworks import (
    ADAPTERS,
    MAKERS,
    MEMBERS,
    OBJECTS,
    Framework,
    is_wrapper,
)
from longshore.project.detect.layout import Layout
from longshore.project.detect.syntax import (
    Assigned,
    Binding,
    Defined,
    Definition,
    Function,
    Imported,
    Module,
    Scope,
    collect,
    parse_module,
)
from longshore.project.detect.values import (
    External,
    InModule,
    Local,
    Made,
    Place,
    Value,
    plain_interface,
    returns_of,
)

_MAX_STEPS = 2000
"""A question that takes more steps than this is not worth an answer."""

_MAX_DEPTH = 40
"""Names that lead to one another deeper than this run in circles."""


class Resolver:
    """Parses files on demand, each once, and answers what a name stands for."""

    def __init__(self, files: ProjectFiles, layout: Layout) -> None:
        self.files = files
        self.layout = layout
        self._modules: dict[str, Module | None] = {}
        self._paths: dict[str, str | None] = {}
        self._scopes: dict[Function, Scope] = {}
        self._results: dict[Function, Made | None] = {}
        self._attributes: dict[tuple[str, str], Value | None] = {}
        self.broken: dict[str, SyntaxError] = {}
        self._steps = 0
        self._depth = 0

    def module_at(self, path: str) -> Module | None:
        """Return a parsed file; ``None`` where it is absent, unreadable or no valid Python."""
        if path not in self._modules:
            self._modules[path] = self._parse(path)
        return self._modules[path]

    def module(self, name: str) -> Module | None:
        """Return a module of the project by its import name."""
        if name not in self._paths:
            self._paths[name] = self.layout.path_of(name, self.files) if name else None
        path = self._paths[name]
        return self.module_at(path) if path else None

    def has_module(self, name: str) -> bool:
        """Tell whether an import name is a module or a namespace package of the project."""
        below = name.replace(".", "/")
        return self.layout.path_of(name, self.files) is not None or any(
            self.files.has_folder(below if root == "." else f"{root}/{below}")
            for root in self.layout.roots
        )

    def _parse(self, path: str) -> Module | None:
        text = self.files.text(path)
        if text is None:
            return None
        try:
            return parse_module(text, name=self.layout.name_of(path), path=path)
        except SyntaxError as error:
            self.broken[path] = error
        except RecursionError:
            pass  # generated data: nothing that a person wrote nests that deep
        return None

    def attribute(self, module: Module, name: str) -> Value | None:
        """Return what a module's attribute is once the module is imported."""
        key = (module.path, name)
        if key not in self._attributes:
            self._steps = 0
            place = Place(module, (module.scope,), 1 << 30)
            self._attributes[key] = self._lookup(place, name)
        return self._attributes[key]

    def value(self, node: ast.expr, module: Module, *scopes: Scope) -> Value | None:
        """Return what an expression is, seen from the end of its scope."""
        self._steps = 0
        return self._value(node, Place(module, (*scopes, module.scope), 1 << 30))

    def full_name(self, node: ast.expr, module: Module, *scopes: Scope) -> str | None:
        """Return the full name of a function, class or module of another distribution."""
        found = self.value(node, module, *scopes)
        if isinstance(found, External):
            return found.name
        return found.maker + "()" if isinstance(found, Made) else None

    def scope_of(self, function: Function, module: Module) -> Scope:
        """Return the names that a function's body binds."""
        scope = self._scopes.get(function)
        if scope is None:
            scope = self._scopes[function] = Scope()
            package = module.name if module.is_package else module.name.rpartition(".")[0]
            collect(function.body, scope, package)
        return scope

    def returned(self, function: Function, module: Module) -> Made | None:
        """Return the object that a function returns, by its annotation or its ``return``."""
        self._steps = 0
        return self._returned(function, Place(module, (module.scope,), 1 << 30))

    def has_attribute(self, module: Module, name: str) -> bool:
        """Tell whether a module binds a name, or may by something that is not followed."""
        if name in module.scope.names or "__getattr__" in module.scope.names:
            return True
        stars = [self.module(star) for star in module.scope.stars]
        return any(star is None or self.has_attribute(star, name) for star in stars)

    def is_instance(self, made: Made, base: str) -> bool:
        """Tell whether an object is made by a class, or by a subclass in the project."""
        if made.maker == base:
            return True
        return made.of_class is not None and base in self.bases(made.of_class)

    def bases(self, local: Local) -> tuple[str, ...]:
        """Return the full names of the bases outside the project, transitively."""
        self._steps = 0
        return tuple(self._bases(local))

    def _bases(self, local: Local, seen: frozenset[Definition] = frozenset()) -> Iterator[str]:
        if local.node in seen or not isinstance(local.node, ast.ClassDef):
            return
        for base in local.node.bases:
            found = self._value(base, Place(local.module, (local.module.scope,), 1 << 30))
            if isinstance(found, External):
                yield found.name
            elif isinstance(found, Local):
                yield from self._bases(found, seen | {local.node})

    # Names

    def _lookup(self, place: Place, name: str) -> Value | None:
        self._steps += 1
        if self._steps > _MAX_STEPS or self._depth > _MAX_DEPTH:
            return None
        self._depth += 1
        try:
            return self._find(place, name)
        finally:
            self._depth -= 1

    def _find(self, place: Place, name: str) -> Value | None:
        for depth, scope in enumerate(place.scopes):
            bindings = scope.names.get(name)
            if bindings:
                # A name on its own right-hand side is the binding before.
                earlier = [one for one in bindings if depth or one.line < place.line]
                if earlier:
                    inner = Place(place.module, place.scopes[depth:], 1 << 30)
                    return self._bound(earlier[-1], name, inner)
        for star in reversed(place.module.scope.stars):
            module = self.module(star)
            if module is not None and module is not place.module:
                found = self._lookup(Place(module, (module.scope,), 1 << 30), name)
                if found is not None:
                    return found
        return None

    def _bound(self, binding: Binding, name: str, place: Place) -> Value | None:
        match binding:
            case Imported(module=origin, attribute=None):
                return InModule(origin) if self.has_module(origin) else External(origin)
            case Imported(module=origin, attribute=str(attribute)):
                return self._member(InModule(origin), attribute, place)
            case Defined(node=node):
                return Local(place.module, node)
            case Assigned(value=value, line=line, annotation=annotation):
                at = Place(place.module, place.scopes, line)
                found = self._value(value, at, rebinds=name)
                if annotation is not None and not (isinstance(found, Made) and found.framework):
                    return self._annotated(annotation, value, at) or found
                return found
            case _:
                return None

    def _member(self, value: Value | None, name: str, place: Place) -> Value | None:  # noqa: PLR0911 - one for each kind
        match value:
            case InModule(name=origin):
                module = self.module(origin)
                if module is not None and module is not place.module:
                    found = self._lookup(Place(module, (module.scope,), 1 << 30), name)
                    if found is not None:
                        return found
                below = f"{origin}.{name}"
                if self.has_module(below):
                    return InModule(below)
                return None if module or self.has_module(origin) else External(below)
            case External(name=origin):
                full = f"{origin}.{name}"
                framework = OBJECTS.get(full)
                return Made(full, framework, (full, 0, 0)) if framework else External(full)
            case Made():
                framework = MEMBERS.get(value.maker, {}).get(name)
                if framework is not None:
                    return Made(f"{value.maker}.{name}", framework, value.origin)
                return External(f"{value.maker}().{name}") if value.of_class is None else None
            case _:
                return None

    # Expressions

    def _value(self, node: ast.expr, place: Place, *, rebinds: str = "") -> Value | None:
        self._steps += 1
        if self._steps > _MAX_STEPS or self._depth > _MAX_DEPTH:
            return None
        self._depth += 1
        try:
            return self._evaluate(node, place, rebinds=rebinds)
        finally:
            self._depth -= 1

    def _evaluate(  # noqa: PLR0911 - one for each kind
        self, node: ast.expr, place: Place, *, rebinds: str
    ) -> Value | None:
        match node:
            case ast.Name(id=name):
                return self._lookup(place, name)
            case ast.Attribute(value=value, attr=name):
                return self._member(self._value(value, place), name, place)
            case ast.Call():
                return self._call(node, place, rebinds=rebinds)
            case ast.NamedExpr(value=value) | ast.Await(value=value):
                return self._value(value, place)
            case ast.IfExp(body=one, orelse=other):
                return self._value(one, place) or self._value(other, place)
            case ast.BoolOp(values=values):
                return next((v for one in values if (v := self._value(one, place))), None)
            case ast.Subscript(value=ast.Call() as call, slice=ast.Constant(value=int(index))):
                return self._item(call, index, place)
            case _:
                return None

    def _item(self, call: ast.Call, index: int, place: Place) -> Value | None:
        callee = self._value(call.func, place)
        if isinstance(callee, External) and index == 0:
            framework = MAKERS.get(f"{callee.name}[0]")
            if framework is not None:
                return Made(callee.name, framework, _origin(call, place))
        return None

    def _call(self, call: ast.Call, place: Place, *, rebinds: str) -> Value | None:  # noqa: PLR0911 - one for each kind
        callee = self._value(call.func, place)
        origin = _origin(call, place)
        match callee:
            case External(name=name):
                inner = self._wrapped(call, name, place, rebinds=rebinds)
                if inner is not None:
                    return inner
                head, _, member = name.rpartition(".")
                framework = MAKERS.get(name) or MEMBERS.get(head.removesuffix("()"), {}).get(member)
                return Made(name, framework, origin)
            case Made(framework=Framework()) if isinstance(call.func, ast.Attribute):
                return Made(callee.maker, callee.framework, origin)
            case Local(node=ast.ClassDef()):
                inner = self._wrapped(call, callee.node.name, place, rebinds=rebinds)
                return inner or self._instance(callee, origin)
            case Local(module=module, node=function):
                at = Place(module, (module.scope,), 1 << 30)
                made = self._returned(function, at)  # type: ignore[arg-type]  # no class: above
                inner = self._wrapped(call, function.name, place, rebinds=rebinds)
                if made is None or (inner is not None and made.framework is None):
                    return inner
                return Made(made.maker, made.framework, origin, (), made.of_class)
            case None if isinstance(call.func, ast.Attribute):
                return self._method(call.func, origin, place) or self._wrapped(
                    call, call.func.attr, place, rebinds=rebinds
                )
            case _:
                return None

    def _wrapped(self, call: ast.Call, maker: str, place: Place, *, rebinds: str) -> Made | None:
        """Return the wrapper of an application, if that is what a call makes.

        ``db = SQLAlchemy(app)`` is none: only known wrappers, names that end in ``Middleware``,
        and ``app = anything(app)`` are.
        """
        given = [*call.args, *(item.value for item in call.keywords)]
        inner = [made for one in given if isinstance(made := self._value(one, place), Made)]
        found = next((made for made in inner if made.framework), None)
        if found is None or found.framework is None:
            return None
        same = any(isinstance(one, ast.Name) and one.id == rebinds for one in given)
        if not (same or is_wrapper(maker)):
            return None
        interface = ADAPTERS.get(maker, found.framework.interface)
        known = MAKERS.get(maker)
        framework = Framework(found.framework.title, known.interface if known else interface)
        origins = tuple(origin for made in inner for origin in (made.origin, *made.inner))
        return Made(found.maker, framework, _origin(call, place), origins)

    def _instance(self, local: Local, origin: tuple[str, int, int]) -> Made:
        name = f"{local.module.name}.{local.node.name}"
        bases = tuple(self._bases(local))
        framework = next((MAKERS[base] for base in bases if base in MAKERS), None)
        if framework is None and isinstance(local.node, ast.ClassDef):
            methods = [one for one in local.node.body if isinstance(one, Function)]
            call = next((one for one in methods if one.name == "__call__"), None)
            framework = plain_interface(call, skip=1) if call else None
        return Made(name, framework, origin, (), local)

    def _method(
        self, node: ast.Attribute, origin: tuple[str, int, int], place: Place
    ) -> Made | None:
        """Return what a method of an object of the project returns, by its annotation."""
        made = self._value(node.value, place)
        if not isinstance(made, Made) or made.of_class is None:
            return None
        owner = made.of_class
        for one in getattr(owner.node, "body", ()):
            if isinstance(one, Function) and one.name == node.attr:
                at = Place(owner.module, (owner.module.scope,), 1 << 30)
                found = self._returned(one, at)
                return Made(found.maker, found.framework, origin) if found else None
        return None

    def _returned(self, function: Function, place: Place) -> Made | None:
        if function not in self._results:
            self._results[function] = None  # while it is being answered: it may call itself
            self._results[function] = self._find_returned(function, place)
        return self._results[function]

    def _find_returned(self, function: Function, place: Place) -> Made | None:
        at = Place(place.module, place.scopes, 1 << 30)
        if function.returns is not None:
            made = self._annotated(function.returns, function, at)
            if made is not None and made.framework is not None:
                return made
        scope = self.scope_of(function, place.module)
        inside = Place(place.module, (scope, *place.scopes), 1 << 30)
        values = [self._value(node, inside) for node in returns_of(function)]
        objects = [found for found in values if isinstance(found, Made)]
        applications = (found for found in objects if found.framework)
        return next(applications, None) or next(iter(objects), None)

    def _annotated(self, annotation: ast.expr, node: ast.AST, place: Place) -> Made | None:
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            try:
                annotation = ast.parse(annotation.value, mode="eval").body
            except SyntaxError:
                return None
        found = self._value(annotation, place)
        line, column = getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
        origin = (place.module.path, line, column)
        if isinstance(found, External) and found.name in MAKERS:
            return Made(found.name, MAKERS[found.name], origin)
        if isinstance(found, Local) and isinstance(found.node, ast.ClassDef):
            return self._instance(found, origin)
        return None


def _origin(node: ast.expr, place: Place) -> tuple[str, int, int]:
    return (place.module.path, node.lineno, node.col_offset)
