"""RTP payload formats, one file per codec: access unit <-> payloads."""
