"""Files that callers may name: those below a folder that the operator chose."""

from __future__ import annotations

from pathlib import Path


def file_below(folder: Path, name: str) -> Path | None:
    """The file of that name below `folder`, any links followed; None where there is none, or it lies elsewhere."""
    try:
        root = folder.resolve()
        path = (root / name).resolve()
        return path if path.is_relative_to(root) and path.is_file() else None
    except (OSError, RuntimeError, ValueError):  # a name that is too long, a loop of links, a NUL
        return None
