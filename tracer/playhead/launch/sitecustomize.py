"""Found first on the path of a program under `playhead record`: starts recording, then makes room.

Python imports one `sitecustomize`. The one that the program would have had is run after ours, so
nothing of the user's set-up is lost.
"""

import importlib.machinery
import importlib.util
import os
import sys


def _start_recording() -> None:
    import playhead

    playhead.init()


def _run_the_next() -> None:
    here = os.path.dirname(os.path.abspath(__file__))
    others = [folder for folder in sys.path if os.path.abspath(folder or ".") != here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", others)
    if spec is None or spec.loader is None:
        return
    module = importlib.util.module_from_spec(spec)
    sys.modules["sitecustomize"] = module
    spec.loader.exec_module(module)


try:
    _start_recording()
except Exception as error:  # noqa: BLE001 - whatever it is, the program must run
    # The program runs in any case; what stands in the way is said once, on stderr.
    print(f"playhead: not recording: {type(error).__name__}: {error}", file=sys.stderr)
_run_the_next()
