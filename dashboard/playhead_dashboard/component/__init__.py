"""The waterfall, the inspector and the playhead: one component, drawn by hand-written scripts.

The scripts are classic ones under one name, `window.playhead_dashboard`, and not ES modules: Dash
starts to render with its last script, and a browser runs modules only after that, so the component
would not be there yet. All of them come from our own server (Content-Security-Policy 'self').
"""

from playhead_dashboard.component.explorer import (
    CSS_FILES,
    JS_FILES,
    KEYS,
    NAMESPACE,
    RunExplorer,
)

__all__ = ["CSS_FILES", "JS_FILES", "KEYS", "NAMESPACE", "RunExplorer"]
