"""A browser as one end of a call: ICE and DTLS-SRTP are aiortc's, RTP above them is ours.

peer = Peer(BrowserOffer.of(sdp.parse(text)), settings.ice, on_state=...)
answer = await peer.answer(Wanted(receive_video=True, send_video=True))
wire = peer.endpoint(RtpReceiver(...), peer.video_in, on_event)      # a `Wire`, as `gateway.rtp.udp.Endpoint` is
await peer.run()                                                      # in a task: until it has closed or failed
"""
