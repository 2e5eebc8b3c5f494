"""Keras models made into ONNX files that a call can use.

TensorFlow is never part of the gateway: `environment.py` installs it, at pinned versions, into a virtual environment
that is removed again, and `worker` is the one package that runs there. What a model file may make it do is decided by
`worker/harmless.py`: a Keras file can hold code, and none of that is run.
"""
