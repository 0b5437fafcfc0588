"""What follows from the recorded facts: runs, costs and causes."""
