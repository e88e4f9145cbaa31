"""Timelines of a run: for the Perfetto UI, and of one layer in a small array as waveforms. docs/timeline.md."""
