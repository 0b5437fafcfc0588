"""The pages that show what was recorded.

Dash looks for the scripts and styles of our component here, on the top-level package.
"""

from importlib.metadata import PackageNotFoundError, version

from playhead_dashboard.component import CSS_FILES, JS_FILES, NAMESPACE

try:
    __version__ = version("playhead")
except PackageNotFoundError:  # run from a folder that was never installed
    __version__ = "0"

_js_dist = [{"relative_package_path": path, "namespace": NAMESPACE} for path in JS_FILES]
_css_dist = [{"relative_package_path": path, "namespace": NAMESPACE} for path in CSS_FILES]
