"""Pure functions: values in, Dash components out. Tested without a browser."""
