"""Plain RTP without sockets, clocks or an event loop (the asyncio shell in `udp` aside).

Every part is sans-IO: `now` (seconds of one monotonic clock) and the random source come in as arguments, datagrams to
send and events come out. The contract, the same for `receiver.RtpReceiver` and `sender.RtpSender` (see `core.Core`):
after any call that takes `now`, send what `datagrams_to_send(now)` returns, then take `next_event()` until it is None,
then re-arm the one timer to `next_timeout()`.
"""
