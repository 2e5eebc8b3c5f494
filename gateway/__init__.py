"""Everything that meets the network and time: RTP legs, codecs, tracks, sessions, the command line.

Arrows point one way: `gateway` imports `transforms`, never the reverse.
"""
