"""Published comparisons, rebuilt: published, simulated, deviation, and why."""

from lpasim.reports.reproduction.reproduction import STUDIES, Reproduction, calibrated, csv_of, reproduce
from lpasim.reports.reproduction.study import ROW_STATS, Row, Setting, Study

__all__ = ["ROW_STATS", "STUDIES", "Reproduction", "Row", "Setting", "Study", "calibrated", "csv_of", "reproduce"]
