"""Pure functions: views in, Plotly figures (as plain JSON) out. Tested without a browser."""
