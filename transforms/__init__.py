"""Pictures in, pictures out: mattings, backgrounds, the compositor. No sockets, no asyncio, no clock."""
