// The page of a run.

showLayers();
keepDrawn(drawRoofline);
keepDrawn(() => drawShares("energy"));
keepDrawn(() => drawShares("area"));
fitPaper();
