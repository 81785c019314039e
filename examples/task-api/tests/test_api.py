import pytest
from fastapi.testclient import TestClient


def test_the_root_says_what_answers(client: TestClient) -> None:
    assert client.get("/").json() == {"service": "taskapi", "tasks": "/tasks", "docs": "/docs"}


def test_a_new_task_is_pending_and_listed(client: TestClient) -> None:
    answer = client.post("/tasks", json={"text": "hello world"})
    assert answer.status_code == 201
    assert answer.json()["state"] == "pending"
    assert client.get("/tasks").json() == [answer.json()]


def test_the_newest_tasks_come_first_and_the_list_is_limited(client: TestClient) -> None:
    for text in ("one", "two", "three"):
        client.post("/tasks", json={"text": text})
    listed = client.get("/tasks", params={"limit": 2}).json()
    assert [task["text"] for task in listed] == ["three", "two"]


def test_the_list_can_be_narrowed_to_a_state(client: TestClient) -> None:
    first = client.post("/tasks", json={"text": "one"}).json()
    client.post("/tasks", json={"text": "two"})
    client.patch(f"/tasks/{first['id']}", json={"state": "cancelled"})
    listed = client.get("/tasks", params={"state": "cancelled"}).json()
    assert [task["text"] for task in listed] == ["one"]


def test_a_cancelled_task_can_be_put_back(client: TestClient) -> None:
    path = f"/tasks/{client.post('/tasks', json={'text': 'one'}).json()['id']}"
    assert client.patch(path, json={"state": "cancelled"}).json()["finished_at"] is not None
    again = client.patch(path, json={"state": "pending"}).json()
    assert (again["state"], again["finished_at"]) == ("pending", None)


def test_an_unknown_task_is_404(client: TestClient) -> None:
    assert client.patch("/tasks/7", json={"state": "done"}).status_code == 404


@pytest.mark.parametrize("body", [{}, {"text": ""}, {"text": "x" * 10_001}])
def test_a_bad_text_is_422(client: TestClient, body: dict[str, str]) -> None:
    assert client.post("/tasks", json=body).status_code == 422


@pytest.mark.parametrize("header", [None, "Bearer wrong", "Basic YTpi", "Bearer ünsinn"])
def test_writing_needs_the_token_and_reading_does_not(
    client: TestClient, header: str | None
) -> None:
    del client.headers["Authorization"]
    headers = {} if header is None else {b"Authorization": header.encode()}
    answer = client.post("/tasks", json={"text": "one"}, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert client.get("/tasks").json() == []
