from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.dialects.sqlite import dialect

from taskapi.models import Moment

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        (None, None),
        (NOON.replace(tzinfo=None), NOON),
        (NOON.astimezone(timezone(timedelta(hours=2))), NOON),
    ],
)
def test_a_time_is_read_in_utc(read: datetime | None, expected: datetime | None) -> None:
    value = Moment().process_result_value(read, dialect())
    assert value == expected
    assert value is None or value.tzinfo is UTC
