"""Reports: tables, files and summaries of a simulation."""
