"""The three routes of the comparison in FastAPI; what they answer was recorded from our node, so both send the same bytes."""

import json
import os
import pathlib

from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

PAYLOAD = json.loads(pathlib.Path(os.environ["BENCH_PAYLOAD"]).read_text())

app = FastAPI()


class Ask(BaseModel):
    """A question, as our own route takes it."""

    text: str


@app.get("/health/live")
async def live():
    return PAYLOAD["live"]


@app.get("/v1/models")
async def models():
    return PAYLOAD["models"]


@app.post("/api/conversations/{conversation}/turns")
async def turn(conversation: str, ask: Ask):
    async def events():
        for event in PAYLOAD["events"]:
            yield event

    return StreamingResponse(events(), media_type="text/event-stream")
