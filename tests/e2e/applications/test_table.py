"""The page about the applications keeps up with their list."""

import re

from tests.e2e.applications.applications import LOCKS, read_applications
from tests.e2e.applications.table import PAGE


def test_page_has_every_application_and_no_other() -> None:
    rows = re.findall(r"^\| ([\w-]+ [\d.]+) \|", PAGE.read_text("utf-8"), re.MULTILINE)
    assert rows == [f"{each.name} {each.version}" for each in read_applications()]


def test_every_application_has_a_lock_without_addresses_and_no_lock_is_left_over() -> None:
    applications = read_applications()
    locks = {each.lock for each in applications if each.lock}
    assert locks == set(LOCKS.iterdir())
    for lock in locks:
        lines = lock.read_text("utf-8").splitlines()
        assert not [line for line in lines if "://" in line], lock.name
