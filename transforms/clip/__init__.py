"""A video file as a background: opened with care, played over and over on one line of time, laid under the picture.

`source` opens the file, `shots` decodes it once through, `line` does so again and again; `fitting` lays a decoded
picture under a call's. `ahead` does all this in a thread, a fraction of a second before a call asks; `exact` does it
when it is asked, for files. What is too dear to play as it is gets transcoded once, by a process of its own, to what is
seen of it: `cut` says what that is, `transcoding` does it, `reels` knows which is to be played.
"""
