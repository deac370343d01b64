"""The three routes of the comparison in FastAPI; what they answer was recorded from our node, so both send the same bytes.

Answers have declared types, as ours have: FastAPI then documents them and serialises with pydantic's compiled core.
"""

import json
import os
import pathlib

from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

PAYLOAD = json.loads(pathlib.Path(os.environ["BENCH_PAYLOAD"]).read_text())

app = FastAPI()


class Live(BaseModel):
    """That the process lives."""

    status: str


class Model(BaseModel):
    """A language model, as OpenAI clients know it."""

    id: str
    object: str
    created: int
    owned_by: str


class Models(BaseModel):
    """The language models that are installed."""

    object: str
    data: list[Model]


class Ask(BaseModel):
    """A question, as our own route takes it."""

    text: str


LIVE = Live.model_validate(PAYLOAD["live"])
MODELS = Models.model_validate(PAYLOAD["models"])


@app.get("/health/live")
async def live() -> Live:
    return LIVE


@app.get("/v1/models")
async def models() -> Models:
    return MODELS


@app.post("/api/conversations/{conversation}/turns")
async def turn(conversation: str, ask: Ask):
    async def events():
        for event in PAYLOAD["events"]:
            yield event

    return StreamingResponse(events(), media_type="text/event-stream")
