"""Gene symbols of the mitochondrial pathways that carry signal, and of other pathways that carry none."""

from __future__ import annotations

from collections.abc import Iterable


def _family(stem: str, members: str | Iterable[int]) -> tuple[str, ...]:
    return tuple(f"{stem}{m}" for m in (members.split() if isinstance(members, str) else members))


PATHWAYS: dict[str, tuple[str, ...]] = {
    "oxphos": (
        *_family("NDUFA", "1 2 3 5 6 7 8 9 10 11 12 13"),
        *_family("NDUFB", range(1, 12)),
        *_family("NDUFS", range(1, 9)),
        *_family("SDH", "A B C D"),
        *_family("UQCR", "C1 C2 FS1 B Q"),
        *_family("COX", "4I1 5A 5B 6C 7C"),
    ),
    "mtdna_transcripts": (
        *_family("MT-ND", "1 2 3 4 4L 5 6"),
        *_family("MT-CO", range(1, 4)),
        *("MT-CYB", "MT-ATP6", "MT-ATP8", "MT-RNR1", "MT-RNR2"),
        *_family("MT-T", "A R N D C E Q G H I L1 L2 K M F P S1 S2 T W Y V"),
    ),
    "mtdna_copy_number": _family("", "TFAM POLG POLG2 TWNK SSBP1 TK2 DGUOK RRM2B MGME1 MPV17 POLRMT TFB2M"),
    "mitoribosome": (
        *_family("MRPL", "1 2 3 4 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 27"),
        *_family("MRPS", "2 5 6 7 9 10 11 12 14 15 16 17 18A 18B 21 22 23 24 25"),
    ),
    "tca_cycle": _family("", "CS ACO2 IDH3A IDH3B IDH3G OGDH DLST SUCLG1 SUCLG2 SUCLA2 FH MDH2"),
    "fatty_acid_oxidation": _family(
        "", "CPT1A CPT2 SLC25A20 ACADVL ACADM ACADS HADHA HADHB HADH ECHS1 ACAA2 ETFA ETFB ETFDH ECI1 DECR1"
    ),
    "iron_sulfur_haem": _family("", "ABCB7 ALAS2 ISCU NFS1 FXN GLRX5 FECH CPOX PPOX HSCB ISCA1 ISCA2 FDX2 LYRM4"),
    "bcl2": _family("", "BCL2 BCL2L11 BID BMF BIK BBC3"),
    "mcl1": _family("", "MCL1 PMAIP1 USP9X BAG3 HUWE1 TPT1"),
    "ros_defence": _family("", "SOD1 SOD2 PRDX3 PRDX5 GPX1 GPX4 TXN2 TXNRD2 CAT GSR NQO1 HMOX1 GCLM GCLC"),
    "fission": _family("", "DNM1L FIS1 MFF MIEF1 MIEF2 GDAP1 MTFP1 MTFR1"),
    "protein_import": (
        *_family("TOMM", "5 6 7 20 22 40 70"),
        *_family("TIMM", "8A 8B 9 10 13 17A 17B 21 22 23 44 50"),
        *("DNAJC19", "PAM16", "GRPEL1", "PMPCA", "PMPCB"),
    ),
    "one_carbon_folate": _family("", "SHMT2 MTHFD2 MTHFD1L MTHFD2L ALDH1L2 MTFMT SLC25A32"),
    "upr_mt": _family("", "HSPD1 HSPE1 HSPA9 LONP1 CLPP CLPX YME1L1 AFG3L2 SPG7 DNAJA3 TRAP1 ATF4 ATF5 HTRA2"),
}
DECOYS: dict[str, tuple[str, ...]] = {
    "ribosome_large": (
        *_family("RPL", "3 4 5 6 7 7A 8 9 10A 11 12 13 13A 14 15 18 18A 19 21 22 23 23A 24 26 27 27A 28 29 30 31 32"),
        *_family("RPL", "34 35 35A 36 37 37A 38"),
    ),
    "ribosome_small": _family("RPS", "2 3 3A 5 6 7 8 9 10 11 12 13 14 15 15A 16 17 18 19 20 21 23 24 25 26 27 28 29"),
    "proteasome": (
        *_family("PSMA", range(1, 8)),
        *_family("PSMB", range(1, 8)),
        *_family("PSMC", range(1, 7)),
        *_family("PSMD", "1 2 3 4 6 7 8 11 12 13 14"),
    ),
    "chaperonin": ("TCP1", *_family("CCT", "2 3 4 5 6A 7 8")),
    "glycolysis": _family("", "HK1 HK2 GPI PFKL PFKM PFKP ALDOA ALDOC TPI1 GAPDH PGK1 PGAM1 ENO1 ENO2 PKM LDHA"),
    "pentose_phosphate": _family("", "G6PD PGLS PGD RPIA RPE TKT TALDO1"),
    "cholesterol": _family("", "HMGCR HMGCS1 MVK PMVK MVD IDI1 FDPS FDFT1 SQLE LSS CYP51A1 DHCR7 DHCR24 SC5D"),
    "interferon": _family("", "ISG15 IFIT1 IFIT2 IFIT3 MX1 MX2 OAS1 OAS2 OAS3 IFI44 IFI44L IFI6 RSAD2 STAT1"),
    "dna_replication": (*_family("MCM", range(2, 8)), *_family("", "PCNA ORC1 CDC6 CDT1 GINS1 GINS2 POLA1 PRIM1")),
    "spliceosome": _family("", "SNRPA SNRPB SNRPC SNRPD1 SNRPD2 SNRPD3 SNRPE SNRPF SNRPG U2AF1 U2AF2 PRPF8"),
    "translation_initiation": (
        *_family("EIF2S", range(1, 4)),
        *_family("EIF3", "A B C D E F G H I J K L M"),
        *("EIF4A1", "EIF4E", "EIF4G1"),
    ),
    "vacuolar_atpase": (*_family("ATP6V1", "A B2 C1 D E1 F G1 H"), *_family("ATP6V0", "B C D1 E1")),
    "copi_coat": _family("", "COPA COPB1 COPB2 COPE COPG1 COPG2 COPZ1 ARCN1"),
    "exocyst": _family("EXOC", range(1, 9)),
    "integrator": _family("INTS", range(1, 15)),
    "mediator": _family("MED", "1 4 6 7 8 10 11 14 15 16 17 18 19 20 21 22 23 24"),
    "nuclear_pore": _family("NUP", "35 37 43 50 54 62 85 88 93 107 133 153 155 160 188 205 210 214"),
    "cohesin": _family("", "SMC1A SMC3 RAD21 STAG1 STAG2 NIPBL"),
}
