"""The models that effects may name: the files below one folder that the operator chose, and no other.

A model is code that runs in this process, so that nobody uploads one.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from gateway.errors import NotFound
from gateway.folders import file_below
from transforms.model.listing import ModelListing, models_in
from transforms.model.spec_words import spec_names


class Models:
    """The models of one server, as they lie on the disk at that moment; `folder` None: there are none."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._turn = asyncio.Lock()

    @property
    def are_allowed(self) -> bool:
        """Whether effects may name any."""
        return self._folder is not None

    async def listed(self) -> tuple[ModelListing, ...]:
        """What there is, by name; one look at a time, for the beginning of every file is read."""
        if self._folder is None:
            return ()
        async with self._turn:
            return await asyncio.to_thread(models_in, self._folder)

    def path(self, name: str) -> Path:
        """A file by its name below the folder; no link leads out of it.

        Raises:
            NotFound: there is no such file, or no such folder.
        """
        if self._folder is None:
            raise NotFound(f"{name!r}: this server has no models: it was started without --models-dir")
        path = file_below(self._folder, name)
        if path is None:
            raise NotFound(f"{name!r}: there is no such file below the folder of the models")
        return path

    def spec(self, name: str) -> Path:
        """A model's spec: a file below the folder, or one that comes with changebg, as `transforms.effect` names it.

        Raises:
            NotFound: as `path`.
        """
        return Path(name) if name in spec_names() else self.path(name)
