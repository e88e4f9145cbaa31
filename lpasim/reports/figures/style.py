"""How figures look: widths, fonts, colours, and files that are the same bytes each time.

Everything is set while a figure is drawn, never globally, so that a notebook's own settings stay as they are.

References
----------
M. Okabe and K. Ito, "Color Universal Design", 2008 (`OKABE_ITO`).
P. Tol, "Colour Schemes", technical note SRON/EPS/TN/09-002, issue 3.2, 2021 (`MEDIUM_CONTRAST`).
IEEE, "Preparing Author Graphics": columns of 3.5 and 7.16 inches. ACM, class ``acmart`` 2.x, format ``sigconf``: a text
block of 7.0 inches in columns of 3.33.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMS = ("pdf", "svg", "png")
"""File formats."""
RESOLUTION_DPI = 300
"""Of PNG files; the others are vectors."""
OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")
"""Eight colours that readers with colour vision deficiencies tell apart."""
HATCHES = ("", "////", "....", "xxxx")
"""Told apart without colours, too, and where there are more bars than colours."""
MEDIUM_CONTRAST = ("#004488", "#EECC66", "#994455", "#EE99AA", "#997700", "#6699CC")
"""Six colours whose lightness differs in even steps, so that grey print keeps them apart; neighbours differ most."""
GREY, PALE = "#777777", "#BBBBBB"
"""Of what is no data, and of data in the background."""
COLOUR_MAP = "cividis"
"""For values: even in lightness, and alike to readers with colour vision deficiencies. J. R. Nuñez et al., PLOS ONE
13(7), 2018."""
MOST_VECTORS = 5000
"""Points of a cloud up to which each is a vector in the file; more of them become a picture."""
MARKERS = ("o", "s", "^", "D", "v", "P")
DASHES = ("-", "--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3)))
FIXED: dict[Any, Any] = {"pdf.fonttype": 42, "svg.fonttype": "path", "svg.hashsalt": "lpasim"}
"""Fonts are embedded whole as outlines that a reader can search (TrueType, "type 42"), or drawn; ids do not change."""
SMALL_SANS: dict[Any, Any] = {
    **FIXED,
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 7.0,
    "axes.linewidth": 0.6,
    "hatch.linewidth": 0.4,
}
"""The settings of figures that belong to one command and have one size."""

Width = Literal["single", "double"]
WIDTHS: tuple[Width, ...] = get_args(Width)


@dataclass(frozen=True, slots=True)
class Style:
    """The look of a venue.

    Attributes
    ----------
    name : str
        What it is chosen by.
    single_in, double_in : float
        Width of one column, and of the page [inch].
    height_in : float or None
        Height of every figure [inch]; None: as each needs.
    fonts : tuple of str
        Fonts that come with matplotlib, so that they are there everywhere; the next one has what the first lacks.
    size_pt, small_pt : float
        Letters of titles and axes, and of tick labels, legends and notes.
    line_pt : float
        Width of lines that are data.
    """

    name: str
    single_in: float
    double_in: float
    height_in: float | None
    fonts: tuple[str, ...]
    size_pt: float
    small_pt: float
    line_pt: float

    @property
    def settings(self) -> dict[Any, Any]:
        """The settings of matplotlib while a figure is drawn."""
        thin = 0.6 * self.line_pt
        return {
            **FIXED,
            "font.family": list(self.fonts),
            "mathtext.fontset": "stix" if self.fonts[0].startswith("STIX") else "dejavusans",
            "text.usetex": False,
            "text.parse_math": False,
            "font.size": self.size_pt,
            "axes.titlesize": self.size_pt,
            "axes.labelsize": self.size_pt,
            "xtick.labelsize": self.small_pt,
            "ytick.labelsize": self.small_pt,
            "legend.fontsize": self.small_pt,
            "legend.frameon": False,
            "legend.borderpad": 0.1,
            "legend.borderaxespad": 0.3,
            "legend.handlelength": 1.4,
            "legend.handletextpad": 0.5,
            "legend.labelspacing": 0.3,
            "legend.columnspacing": 1.0,
            "axes.titlelocation": "left",
            "axes.titlepad": 0.6 * self.size_pt,
            "axes.labelpad": 0.35 * self.size_pt,
            "axes.linewidth": thin,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.axisbelow": True,
            "axes.unicode_minus": True,
            "lines.linewidth": self.line_pt,
            "lines.markersize": 0.5 * self.size_pt,
            "patch.linewidth": 0.5 * thin,
            "hatch.linewidth": 0.6 * thin,
            "grid.linewidth": 0.6 * thin,
            "grid.color": "#DDDDDD",
            "xtick.major.width": thin,
            "ytick.major.width": thin,
            "xtick.major.size": 0.3 * self.size_pt,
            "ytick.major.size": 0.3 * self.size_pt,
            "xtick.minor.size": 0.18 * self.size_pt,
            "ytick.minor.size": 0.18 * self.size_pt,
            "xtick.minor.width": 0.8 * thin,
            "ytick.minor.width": 0.8 * thin,
            "xtick.major.pad": 0.25 * self.size_pt,
            "ytick.major.pad": 0.25 * self.size_pt,
            "savefig.dpi": RESOLUTION_DPI,
            "savefig.bbox": None,
            "savefig.facecolor": "white",
        }


_SERIF, _SANS = ("STIXGeneral", "DejaVu Sans"), ("DejaVu Sans",)
STYLES = (
    Style("ieee", 3.5, 7.16, None, _SERIF, 8.0, 7.0, 1.0),
    Style("acm", 3.33, 7.0, None, _SANS, 7.0, 6.0, 1.0),
    Style("slides", 10.0, 10.0, 5.6, _SANS, 15.0, 12.0, 2.0),
)
"""Known styles, the default first. STIX is a Times, the type of IEEE's papers; slides have the shape of a screen."""


@dataclass(frozen=True)
class Page:
    """What a figure is drawn for.

    Attributes
    ----------
    style : Style
        The look.
    width : str
        "single" for one column, "double" for the whole width.
    titled : bool
        Whether figures have titles: a paper's caption may say it all.
    """

    style: Style = STYLES[0]
    width: Width = "single"
    titled: bool = True

    @property
    def width_in(self) -> float:
        """Width of the figure [inch]."""
        return self.style.single_in if self.width == "single" else self.style.double_in

    @property
    def across(self) -> bool:
        """Whether a few panels stand side by side, not one below the other."""
        return self.style.height_in is not None or self.width == "double"

    def lines_in(self, lines: float) -> float:
        """Return the height of lines of small letters [inch]."""
        return lines * 1.2 * self.style.small_pt / 72

    def panel_in(self, natural_in: float, rows: int = 1) -> float:
        """Return about how high a panel is: as it needs, or its part of a height that is fixed [inch]."""
        return natural_in if self.style.height_in is None else (self.style.height_in - 1.5) / rows

    def width_of(self, text: str, size_pt: float | None = None) -> float:
        """Return how wide a text is drawn [inch], in small letters by default."""
        from matplotlib.font_manager import FontProperties
        from matplotlib.textpath import TextToPath

        size = self.style.small_pt if size_pt is None else size_pt
        font = FontProperties(family=list(self.style.fonts), size=size)
        return float(TextToPath().get_text_width_height_descent(text, font, ismath=False)[0]) / 72

    @contextmanager
    def settings(self) -> Iterator[None]:
        """Set matplotlib up; all is as before when the body ends."""
        with only(self.style.settings):
            yield


@contextmanager
def only(settings: Mapping[Any, Any]) -> Iterator[None]:
    """Set matplotlib up to its defaults and some settings, none of the user's own; all is as before afterwards."""
    import matplotlib as mpl

    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(settings)
        yield


def encode(figure: Figure, form: str, page: Page | None = None) -> bytes:
    """Encode a figure without the time and without what depends on the machine.

    Parameters
    ----------
    figure : Figure
        What is drawn.
    form : str
        One of `FORMS`.
    page : Page, optional
        What it was drawn for; by default settings are as they are, but for those of the files.
    """
    import matplotlib as mpl

    metadata = {"pdf": {"CreationDate": None}, "svg": {"Date": None}, "png": {}}[form]
    sink = io.BytesIO()
    with mpl.rc_context(FIXED) if page is None else page.settings():
        figure.savefig(sink, format=form, dpi=RESOLUTION_DPI, metadata=metadata)
    return sink.getvalue()
