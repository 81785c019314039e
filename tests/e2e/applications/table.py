"""Write the table of ``docs/reference/applications.md`` from the results of a run.

``python tests/e2e/applications/table.py JUNIT...``, after ``LONGSHORE_E2E_APPLICATIONS=all pytest
-m e2e tests/e2e/applications -o junit_family=xunit1 --junitxml=JUNIT``.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tests.e2e.applications.applications import BUILTIN, PODMAN, Application, read_applications

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "applications.md"
BEGIN, END = "<!-- table -->\n", "<!-- end of table -->\n"


def main(argv: list[str]) -> int:
    """Replace what is between the two marks of the page."""
    cases = {
        case.get("name", ""): case for path in argv for case in ET.parse(path).iter("testcase")
    }
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    rows = "".join(f"{row}\n" for row in _rows(cases))
    PAGE.write_text(f"{before}{BEGIN}\n{rows}\n{END}{after}", "utf-8")
    return 0


def _rows(cases: dict[str, ET.Element]) -> Iterator[str]:
    yield "| project | what it is | lock | written | shown by | builtin | podman | seconds | MB |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --: | --: |"
    for application in read_applications():
        found = {engine: _find(cases, application, engine) for engine in (BUILTIN, PODMAN)}
        values = {
            each.get("name"): each.get("value", "0")
            for each in found[BUILTIN].iterfind("properties/property")
        }
        cells = [
            f"{application.name} {application.version}",
            application.kind,
            f"its `{application.ships}`" if application.ships else "requirements",
            _written(application),
            f"`{application.shown}`",
            *(_result(found[engine]) for engine in (BUILTIN, PODMAN)),
            f"{float(values.get('seconds', '0')):.1f}",
            f"{int(values.get('bytes', '0')) / 1e6:.0f}",
        ]
        yield f"| {' | '.join(cells)} |"


def _find(cases: dict[str, ET.Element], application: Application, engine: str) -> ET.Element:
    suffix = f"[{application.name}-{engine}]"
    return next(case for name, case in cases.items() if name.endswith(suffix))


def _written(application: Application) -> str:
    if application.table:
        keys = [line for line in application.table.splitlines() if " = " in line]
        return f"{len(keys)} {'line' if len(keys) == 1 else 'lines'}"
    return "settings" if application.settings else "nothing"


def _result(case: ET.Element) -> str:
    return "fails" if case.find("failure") is not None or case.find("error") is not None else "yes"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
