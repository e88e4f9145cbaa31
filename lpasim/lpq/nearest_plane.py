"""Rounding the weights of an output channel together, so that their errors cancel in the channel's sums.

What counts is not how far each weight moves but how far the sums do: (w - q) H (w - q)^T, where H holds the second
moments of what the weights multiply. With H = M D M^T, M unit upper triangular and D diagonal, this is the sum over j
of D_j ((w - q)_j + sum over i < j of (w - q)_i M_ij)^2: each weight in turn is rounded after what the weights before it
leave over is added to it. That is L. Babai's nearest plane algorithm on the lattice of H, and gives what OBQ and GPTQ
give, without an inverse.

References
----------
L. Babai, "On Lovasz' lattice reduction and the nearest lattice point problem", Combinatorica 6, 1986.
E. Frantar and D. Alistarh, "Optimal Brain Compression", NeurIPS 2022, arXiv 2208.11580 (OBQ).
E. Frantar, S. Ashkboos, T. Hoefler and D. Alistarh, "GPTQ: Accurate Post-Training Quantization for Generative
Pre-trained Transformers", ICLR 2023, arXiv 2210.17323 (one order for all rows; the weights that see most come first).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lpasim.formats import NumberFormat

BLOCK = 64
"""Columns that are rounded before what they leave over is passed on to all later ones, in one matrix product."""


@dataclass(frozen=True, eq=False)
class Planes:
    """Second moments, prepared for rounding: the order of the columns, and M.

    Attributes
    ----------
    order : ndarray [groups, K]
        Columns in the order in which they are rounded: those with the largest moments first.
    factor : ndarray [groups, K, K]
        M, in that order.
    """

    order: NDArray[np.int64]
    factor: NDArray[np.float32]

    @classmethod
    def of(cls, moments: NDArray[np.float64]) -> Planes:
        """Factor second moments [groups, K, K], which must be positive definite."""
        order = np.argsort(-np.diagonal(moments, axis1=1, axis2=2), axis=1, kind="stable")
        ordered = np.take_along_axis(np.take_along_axis(moments, order[:, :, None], 1), order[:, None, :], 2)
        lower = np.linalg.cholesky(ordered[:, ::-1, ::-1])
        upper = lower[:, ::-1, ::-1]
        scale = np.diagonal(upper, axis1=1, axis2=2)
        return cls(order, (upper / scale[:, None, :]).astype(np.float32))

    def rounded(self, weights: NDArray[np.float64], fmt: NumberFormat) -> NDArray[np.float64]:
        """Round matrices [groups, rows, K] to values of a format."""
        columns = self.order[:, None, :]
        wanted = np.take_along_axis(weights, columns, axis=2)
        found, left = np.empty_like(wanted), np.zeros_like(wanted)
        for start in range(0, wanted.shape[2], BLOCK):
            block = slice(start, start + BLOCK)
            passed = left[:, :, :start] @ self.factor[:, :start, block]
            self._round_block(start, wanted[:, :, block] + passed, fmt, wanted, found, left)
        result = np.empty_like(found)
        np.put_along_axis(result, np.broadcast_to(columns, found.shape), found, axis=2)
        return result

    def _round_block(
        self,
        start: int,
        targets: NDArray[np.float64],
        fmt: NumberFormat,
        wanted: NDArray[np.float64],
        found: NDArray[np.float64],
        left: NDArray[np.float64],
    ) -> None:
        """Round the columns of one block; `targets` are they with what earlier blocks leave over."""
        stop = start + targets.shape[2]
        for column in range(start, stop):
            target = targets[:, :, column - start]
            found[:, :, column] = fmt.quantize(target, "linear")
            left[:, :, column] = wanted[:, :, column] - found[:, :, column]
            later = self.factor[:, None, column, column + 1 : stop]
            targets[:, :, column - start + 1 :] += left[:, :, column, None] * later
