"""The page of a run or a study: one HTML file that needs nothing but a browser."""
