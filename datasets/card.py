"""What a reader must know about a dataset before trusting a figure made on it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Reference:
    """A published figure and the protocol it was made under.

    Attributes:
        result: The figure.
        protocol: Split, sizes and model.
        citation: Where it was published.
        not_comparable: Why a row of ours on the default split must not be set against it; "" where it may.
    """

    result: str
    protocol: str
    citation: str
    not_comparable: str = ""


@dataclass(frozen=True)
class Card:
    """Describe a dataset in the words of its page.

    Attributes:
        title: One line.
        source: Public address, or "generated".
        doi: DOI of the paper or the data, "" when none.
        licence: Licence found at the source.
        x: What the inputs are.
        y: What the label is.
        patient: What the patient id is; what is missing about it.
        domain: What the domains are.
        split: The official split, or "none published".
        traps: Known traps, one sentence each.
        references: Published results that may be printed.
    """

    title: str
    source: str
    doi: str
    licence: str
    x: str
    y: str
    patient: str
    domain: str
    split: str
    traps: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
