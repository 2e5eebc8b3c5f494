"""Any model of ONNX or TFLite as a matting: what it takes, what it answers, and what a file leaves unsaid."""
