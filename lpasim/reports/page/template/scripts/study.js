// The page of a study.

wireConditions();
showScatter(showPoint);
showParallel();
showChosen(showPoint);
wireSaving();
fitPaper();
