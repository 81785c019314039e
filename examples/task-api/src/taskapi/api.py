"""The HTTP interface: everybody reads, who has the token writes."""

import hmac
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException, Query, Request, status
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from taskapi.database import migrate_sqlite, open_engine
from taskapi.models import State, Task, now
from taskapi.settings import WebSettings


class NewTask(BaseModel):
    """What a client sends to add a task."""

    text: str = Field(min_length=1, max_length=10_000)


class TaskChange(BaseModel):
    """What a client may change: cancel a task, or have it counted again."""

    state: State


class TaskView(BaseModel):
    """What a client sees of a task."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    text: str
    state: State
    words: int | None
    created_at: datetime
    finished_at: datetime | None


def create_app(settings: WebSettings) -> FastAPI:
    """Build the application; the database is first touched when it starts."""
    engine = open_engine(settings.database_url)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if settings.sqlite_migrate:
            await run_in_threadpool(migrate_sqlite, engine)
        app.state.sessions = sessionmaker(engine)
        yield
        engine.dispose()

    app = FastAPI(title="taskapi", lifespan=lifespan)
    app.state.api_token = settings.api_token.get_secret_value()
    _add_routes(app)
    return app


def open_session(request: Request) -> Iterator[Session]:
    """Give a request its transaction: committed when it succeeds, rolled back when it raises."""
    sessions: sessionmaker[Session] = request.app.state.sessions
    with sessions.begin() as session:
        yield session


def require_token(
    request: Request,
    sent: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))],
) -> None:
    """Refuse a request without the token; the comparison takes the same time for every guess."""
    expected: str = request.app.state.api_token
    if sent is None or not hmac.compare_digest(sent.credentials.encode(), expected.encode()):
        raise HTTPException(
            status.HTTP_401_UNAUTHORIZED,
            "a bearer token is needed",
            headers={"WWW-Authenticate": "Bearer"},
        )


# "function": commit before the answer leaves, so that a failed commit is an error to the client.
Transaction = Annotated[Session, Depends(open_session, scope="function")]
Token = Depends(require_token)


def _add_routes(app: FastAPI) -> None:
    @app.get("/")
    def show_service() -> dict[str, str]:
        """Say what answers here; no database needed."""
        return {"service": "taskapi", "tasks": "/tasks", "docs": "/docs"}

    @app.get("/tasks", response_model=list[TaskView])
    def list_tasks(
        session: Transaction,
        state: State | None = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> Sequence[Task]:
        """List the newest tasks first."""
        query = select(Task).order_by(Task.id.desc()).limit(limit)
        if state is not None:
            query = query.where(Task.state == state)
        return session.scalars(query).all()

    @app.post("/tasks", status_code=201, response_model=TaskView, dependencies=[Token])
    def add_task(new: NewTask, session: Transaction) -> Task:
        """Add a task for the worker."""
        task = Task(text=new.text)
        session.add(task)
        session.flush()
        return task

    @app.patch("/tasks/{task_id}", response_model=TaskView, dependencies=[Token])
    def change_task(task_id: int, change: TaskChange, session: Transaction) -> Task:
        """Cancel a task, or put it back."""
        task = session.get(Task, task_id)
        if task is None:
            raise HTTPException(status.HTTP_404_NOT_FOUND, "no such task")
        task.state = change.state
        task.finished_at = None if change.state == State.PENDING else now()
        return task
