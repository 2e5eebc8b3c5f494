"""The HTTP API: handlers by resource, each of them a few lines that read, call and answer.

A handler raises `GatewayError` for what the caller can mend; `problems` makes an RFC 9457 answer of it. What an
operation takes and gives is said beside it, with `operation`, and `/openapi.json` is made of that.
"""
