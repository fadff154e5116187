"""What a reader must know about a dataset before trusting a figure made on it."""

from __future__ import annotations

from dataclasses import dataclass

_OTHER_TASK = "it was made on another split of these data, or with other options, than this table"


@dataclass(frozen=True)
class Reference:
    """A published figure and the protocol it was made under.

    Attributes:
        result: The figure.
        protocol: Split, sizes and model.
        citation: Where it was published.
        not_comparable: Why a row of ours on the default split must not be set against it; "" where it may.
        incomplete: Why it must not where a part of the dataset is not on this machine; "" where that changes nothing.
    """

    result: str
    protocol: str
    citation: str
    not_comparable: str = ""
    incomplete: str = ""

    def beside(self, *, whole: bool, usual: bool) -> dict[str, str]:
        """Return the figure as a table of ours prints it: result, protocol, citation and not_comparable.

        Args:
            whole: Whether all of the dataset is on this machine.
            usual: Whether the table is of the default split and options.
        """
        reason = self.not_comparable or ("" if whole else self.incomplete) or ("" if usual else _OTHER_TASK)
        return {
            "result": self.result, "protocol": self.protocol, "citation": self.citation, "not_comparable": reason
        }  # fmt: skip


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
