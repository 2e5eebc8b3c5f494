"""A process that runs an ONNX model, by our wrapper or by onnxruntime as it comes, and then waits to see who is called.

`python -m tests.onnx_at_work ours|plain MODEL SECONDS`: prints how many threads loading has started, waits, and prints
"nobody was called"; the kernel kills it at its first attempt to reach anybody.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np

from tests.no_way_out import forbid_the_network

SILENT_UNDER = (
    "ORT_DISABLE_TELEMETRY",
    *("CI", "TF_BUILD", "GITHUB_ACTIONS", "GITLAB_CI", "CIRCLECI", "TRAVIS", "JENKINS_URL", "CODEBUILD_BUILD_ID"),
    *("BUILDKITE", "TEAMCITY_VERSION", "APPVEYOR", "BITBUCKET_BUILD_NUMBER"),
)
"""What onnxruntime looks at before it reports: none of it may stand in for our own care."""


def threads() -> int:
    return len(list(Path("/proc/self/task").iterdir()))


def main(whose: str, model: Path, seconds: float) -> None:
    for name in SILENT_UNDER:
        os.environ.pop(name, None)
    forbid_the_network()
    before = threads()
    if whose == "ours":
        from transforms.runtime.onnx import OnnxGraph

        OnnxGraph(model).run({"image": np.zeros((1, 3, 12, 16), np.float32)})
    else:
        import onnxruntime  # type: ignore[import-untyped]

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        session.run(None, {"image": np.zeros((1, 3, 12, 16), np.float32)})
    print(threads() - before, flush=True)
    time.sleep(seconds)
    print("nobody was called", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), float(sys.argv[3]))
