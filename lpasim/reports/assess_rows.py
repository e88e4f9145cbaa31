"""An assessment as data: for JSON, and as CSV with one line a tensor."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from lpasim import __version__
from lpasim.networks.printable import printable
from lpasim.quantization.assessment import AssessedTensor, Assessment
from lpasim.quantization.distribution import BINS_AN_OCTAVE, Distribution
from lpasim.quantization.format_error import BITS, COMPARED, Score
from lpasim.quantization.provenance import fingerprint
from lpasim.quantization.verdict import HALF, HOLDS_DB, MOST, NEARLY_ALL, Comparison, Share, Verdict
from lpasim.reports.assess_words import LIMITS, SENTENCES, reasons
from lpasim.reports.inference_rows import finite

SCHEMA = "lpasim-assessment"
VERSION = 1


def assessment_data(assessment: Assessment, verdict: Verdict) -> dict[str, Any]:
    """Return all of an assessment as JSON types. A ratio that is null is infinite: every value is held exactly."""
    ranks = {id(tensor): rank for rank, tensor in enumerate(assessment.ranking, start=1)}
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "lpasim_version": __version__,
        "model": fingerprint(assessment.model),
        "batchnorm": assessment.batchnorm,
        "images": _images(assessment),
        "verdict": _verdict(assessment, verdict),
        "ranking": [{"layer": printable(each.layer), "operand": each.operand} for each in assessment.ranking],
        "tensors": [_tensor(tensor, ranks[id(tensor)]) for tensor in assessment.tensors],
        "skipped": {printable(name): reason for name, reason in assessment.skipped.items()},
    }


def layers_csv(assessment: Assessment) -> str:
    """Spell the tensors as CSV, in the order of execution; an empty ratio is infinite."""
    ranks = {id(tensor): rank for rank, tensor in enumerate(assessment.ranking, start=1)}
    rows = [_flat(tensor, ranks[id(tensor)]) for tensor in assessment.tensors]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _images(assessment: Assessment) -> dict[str, Any] | None:
    calibration, rule = assessment.calibration, assessment.preprocess
    if calibration is None or rule is None:
        return None
    return {
        "source": calibration.describe(rule),
        "limit": calibration.limit,
        "preprocess": rule.model_dump(mode="json"),
    }


def _verdict(assessment: Assessment, verdict: Verdict) -> dict[str, Any]:
    return {
        "grade": verdict.grade.value,
        "sentence": SENTENCES[verdict.grade],
        "reasons": reasons(assessment, verdict),
        "limits": LIMITS,
        "rules": {"holds_db": HOLDS_DB, "four_bits": MOST, "mixed": HALF, "eight_bits": NEARLY_ALL},
        "weights": _shares(verdict.weights),
        "activations": _shares(verdict.activations),
        "other_batchnorm_4_bits": None if verdict.alternative is None else _share(verdict.alternative),
        "lp_against": {
            "weights": _comparisons(verdict.comparisons),
            "activations": _comparisons(verdict.activation_comparisons),
        },
    }


def _comparisons(comparisons: Mapping[str, Mapping[int, Comparison]]) -> dict[str, Any]:
    return {
        kind: {str(bits): {"as_good": each.as_good, "median_db": finite(each.median_db)} for bits, each in row.items()}
        for kind, row in comparisons.items()
    }


def _shares(shares: Mapping[int, Share]) -> dict[str, Any]:
    return {str(bits): _share(share) for bits, share in shares.items()}


def _share(share: Share) -> dict[str, Any]:
    return {"mac_share": share.macs, "value_share": share.values, "held": share.held, "of": share.of}


def _head(tensor: AssessedTensor, rank: int) -> dict[str, Any]:
    return {
        "rank": rank,
        "layer": printable(tensor.layer),
        "operator": tensor.operator,
        "operand": tensor.operand,
        "depthwise": tensor.depthwise,
        "macs": tensor.macs,
        **_moments(tensor.distribution),
        "channel_spread_log2": tensor.spread_log2,
        "dead_channels": tensor.dead_channels if tensor.operand == "weights" else None,
    }


def _moments(described: Distribution) -> dict[str, Any]:
    return {
        "elements": described.elements,
        "zero_share": described.zero_share,
        "mean_log2": described.mean_log2,
        "rms_log2": described.rms_log2,
        "smallest_log2": described.smallest_log2,
        "largest_log2": described.largest_log2,
        "dynamic_range_log2": described.dynamic_range_log2,
        "peak_log2": described.peak_log2,
        "kurtosis": described.kurtosis,
    }


def _tensor(tensor: AssessedTensor, rank: int) -> dict[str, Any]:
    histogram = {**asdict(tensor.distribution.histogram), "bins_an_octave": BINS_AN_OCTAVE}
    scores = [{"kind": score.kind, "bits": score.bits, **_score(score)} for score in tensor.scores]
    return {**_head(tensor, rank), "histogram": histogram, "formats": scores}


def _score(score: Score) -> dict[str, Any]:
    ratios = {"sqnr_db": finite(score.sqnr_db), "channel_sqnr_db": finite(score.channel_sqnr_db)}
    return {"format": score.format.spec, **ratios}


def _flat(tensor: AssessedTensor, rank: int) -> dict[str, Any]:
    row = _head(tensor, rank)
    for bits in BITS:
        for kind in COMPARED:
            for name, value in _score(tensor.score(kind, bits)).items():
                row[f"{kind}{bits}_{name}"] = value
    return row
