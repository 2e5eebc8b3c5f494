"""A file through the pipeline: every picture, in order, matted exactly as a live call's would be.

```
reader ──> pictures ──> rendering ──> writer        a file
`── a thread of ──´  `─ the caller's ─´  `─ a thread ─´
                        `──> paced track ──> encoder ──> RTP
```
Decoding, matting and encoding are stages that work at the same time, a few pictures apart: what a picture is made from
is the same for any number of threads. Nothing is late in a file, so nothing is dropped and quality is never stepped
down.
"""
