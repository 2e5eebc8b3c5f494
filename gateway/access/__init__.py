"""Who may do what: tokens, signed URLs, pages, and how often. `guard` is what stands before the handlers."""

from gateway.access.access import Access

__all__ = ["Access"]
