"""What runs beside TensorFlow, in the environment made for it: a checkpoint in, ONNX out.

This package imports nothing of ours but itself, by relative names, and is run with its parent folder as the only path
of ours: the gateway's own libraries, at other versions, stay out of that environment.
"""
