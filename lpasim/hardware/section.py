"""What every part of a hardware description is."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A frozen part of the description that refuses unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")
