"""`changebg demo`: a sample caller over real RTP through the relay, watched."""

from __future__ import annotations

from gateway.cli.parser import Usage, Words

USAGE = Usage(
    command="demo",
    summary="a sample caller over real RTP through the relay",
    arguments=(),
    examples="""\
examples:
  changebg demo
  changebg demo --seconds 30 --output demo.mkv
  changebg demo --background beach.jpg --quality fast""",
)


def run(words: Words) -> int:
    """Hold the call; returns the exit status."""
    raise NotImplementedError
