"""Calls that start a server: address and port."""

from collections.abc import Callable

import pytest

from longshore.project.detect.reading import Reading
from longshore.project.detect.servercalls import find_server_calls

Read = Callable[..., Reading]

CALLS = [
    ("import uvicorn\nuvicorn.run('a:b')", "127.0.0.1", 8000),
    ("import uvicorn\nuvicorn.run('a:b', host='0.0.0.0', port=9)", "0.0.0.0", 9),
    ("import uvicorn\nuvicorn.run('a:b', **options)", None, None),
    ("import uvicorn\nuvicorn.run(*options)", "127.0.0.1", 8000),
    ("import uvicorn\nHOST = 'x'\nPORT = 9\nuvicorn.run('a:b', host=HOST, port=PORT)", "x", 9),
    ("import uvicorn\nuvicorn.run('a:b', port=PORT)", "127.0.0.1", None),
    ("import uvicorn\nPORT = PORT\nuvicorn.run('a:b', port=PORT)", "127.0.0.1", None),
    ("import uvicorn, os\nuvicorn.run('a:b', port=int(os.getenv('P', 9)))", "127.0.0.1", 9),
    ("import uvicorn, os\nuvicorn.run('a:b', port=os.getenv('P') or 9)", "127.0.0.1", 9),
    ("import uvicorn, os\nuvicorn.run('a:b', port=3 if x else 9)", "127.0.0.1", 9),
    ("import uvicorn\nuvicorn.run('a:b', port=True)", "127.0.0.1", None),
    ("import uvicorn\nuvicorn.run('a:b', port=env('P', default=9))", "127.0.0.1", 9),
    ("from waitress import serve\nserve(app)", "0.0.0.0", 8080),
    ("from waitress import serve\nserve(app, listen='127.0.0.1:9')", "127.0.0.1", 9),
    ("from waitress import serve\nserve(app, listen='*:http')", None, None),
    ("from aiohttp import web\nweb.run_app(app)", None, 8080),
    ("from http.server import HTTPServer\nHTTPServer(('', 9), None)", None, 9),
    ("from http.server import HTTPServer\nHTTPServer(ADDRESS, None)", None, 8000),
    ("from flask import Flask\napp = Flask('a')\napp.run('0.0.0.0', 9)", "0.0.0.0", 9),
    ("from dash import Dash\napp = Dash()\napp.run(port=9)", "127.0.0.1", 9),
    ("from flask_socketio import SocketIO\nio = SocketIO(x)\nio.run(x, port=9)", "127.0.0.1", 9),
    ("import tornado.web\nserver.listen(9)", None, 9),
]


@pytest.mark.parametrize(("text", "host", "port"), CALLS)
def test_address_and_port_are_read(
    reading: Read, text: str, host: str | None, port: int | None
) -> None:
    found = reading({"main.py": f"{text}\nif __name__ == '__main__':\n    pass\n"})

    (call,) = find_server_calls(found)

    assert (call.host, call.port) == (host, port)
    assert call.location.startswith("main.py:")


@pytest.mark.parametrize(
    "text",
    [
        "import subprocess\nsubprocess.run(['a'])",
        "import asyncio\nasyncio.run(main())",
        "bot.run('token')",
        "broker.listen(9)",
        "handlers[0](9)",
    ],
)
def test_other_calls_start_no_server(reading: Read, text: str) -> None:
    found = reading({"main.py": f"{text}\nif __name__ == '__main__':\n    pass\n"})

    assert find_server_calls(found) == ()
