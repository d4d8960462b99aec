"""The columns of answers about spectra: SSA 1.1 (appendix A) and ObsCore 1.1, each from one row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from dashboard.data.store.observations import Observation
from dashboard.web.vo.identifier import identifier
from dashboard.web.vo.query import ANGSTROM_M
from wire.votable import Field

DATALINK_TYPE = "application/x-votable+xml;content=datalink"
Value = str | float | int | None


@dataclass(frozen=True)
class Place:
    """Where the services are that rows link to.

    Attributes
    ----------
    origin : str
        Scheme and host of the platform.
    authority : str
        Of its identifiers.
    media : str
        Media type of the linked spectra.
    """

    origin: str
    authority: str
    media: str

    def did(self, seen: Observation) -> str:
        """Return the identifier of a spectrum."""
        return identifier(self.authority, seen.dataset, seen.row.number)

    def file(self, seen: Observation) -> str:
        """Return the address of a spectrum as a file."""
        query = urlencode({"ID": self.did(seen), "RESPONSEFORMAT": self.media})
        return f"{self.origin}/vo/soda?{query}"

    def links(self, seen: Observation) -> str:
        """Return the address of the links of a spectrum."""
        return f"{self.origin}/vo/datalink?{urlencode({'ID': self.did(seen)})}"


Of = Callable[[Observation, Place], Value]
Column = tuple[Field, Of]


def _field(name: str, kind: str, ucd: str, utype: str, unit: str = "", **more: str) -> Field:
    return Field(name, kind, ucd, unit, utype=utype, **more)  # type: ignore[arg-type]


def metres(angstrom: float) -> float:
    """Return a wavelength in Å as metres, with as many digits as it has."""
    return float(f"{angstrom * ANGSTROM_M:.12g}")


def _metres(value: float | None) -> float | None:
    return None if value is None else metres(value)


def _middle(seen: Observation) -> float | None:
    low, high = seen.row.wavelength_min, seen.row.wavelength_max
    return None if low is None or high is None else _metres((low + high) / 2)


def _extent(seen: Observation) -> float | None:
    low, high = seen.row.wavelength_min, seen.row.wavelength_max
    return None if low is None or high is None else _metres(high - low)


def _location(seen: Observation) -> str | None:
    row = seen.row
    return None if row.ra is None or row.dec is None else f"{row.ra!r} {row.dec!r}"


TEXT = "unicodeChar"
SSA: tuple[Column, ...] = (
    (_field("accref", "char", "meta.ref.url", "ssa:Access.Reference"), lambda one, at: at.file(one)),
    (_field("mime", "char", "meta.code.mime", "ssa:Access.Format"), lambda _, at: at.media),
    (_field("accsize", "long", "phys.size;meta.file", "ssa:Access.Size", "kbyte"), lambda one, _:
        None if one.row.points is None else max(1, one.row.points * 60 // 1000)),
    (_field("ssa_dstitle", TEXT, "meta.title;meta.dataset", "ssa:DataID.Title"), lambda one, _:
        one.row.name),
    (_field("ssa_collection", TEXT, "", "ssa:DataID.Collection"), lambda one, _: one.dataset_name),
    (_field("ssa_creator", TEXT, "meta.id", "ssa:DataID.Creator"), lambda one, _: one.owner),
    (_field("ssa_cdate", "char", "time.creation;meta.dataset", "ssa:DataID.Date", xtype="timestamp"),
        lambda one, _: one.created),
    (_field("ssa_pubDID", "char", "meta.ref.ivoid", "ssa:Curation.PublisherDID", identifier="ssa_pubDID"),
        lambda one, at: at.did(one)),
    (_field("ssa_publisher", TEXT, "meta.curation", "ssa:Curation.Publisher"), lambda _, at: at.authority),
    (_field("ssa_targname", TEXT, "meta.id;src", "ssa:Target.Name"), lambda one, _:
        one.row.group or one.row.name),
    (_field("ssa_targclass", TEXT, "src.class", "ssa:Target.Class"), lambda one, _: one.row.label),
    (_field("ssa_location", "double", "pos.eq", "ssa:Char.SpatialAxis.Coverage.Location.Value", "deg",
            xtype="point", arraysize="2"), lambda one, _: _location(one)),
    (_field("ssa_specmid", "double", "em.wl;instr.bandpass",
            "ssa:Char.SpectralAxis.Coverage.Location.Value", "m"), lambda one, _: _middle(one)),
    (_field("ssa_specext", "double", "em.wl;instr.bandwidth",
            "ssa:Char.SpectralAxis.Coverage.Bounds.Extent", "m"), lambda one, _: _extent(one)),
    (_field("ssa_specstart", "double", "em.wl;stat.min", "ssa:Char.SpectralAxis.Coverage.Bounds.Start", "m"),
        lambda one, _: _metres(one.row.wavelength_min)),
    (_field("ssa_specend", "double", "em.wl;stat.max", "ssa:Char.SpectralAxis.Coverage.Bounds.Stop", "m"),
        lambda one, _: _metres(one.row.wavelength_max)),
    (_field("ssa_snr", "double", "stat.snr", "ssa:Derived.SNR"), lambda one, _: one.row.snr),
    (_field("ssa_length", "long", "meta.number", "ssa:Dataset.Length"), lambda one, _: one.row.points),
    (_field("ssa_model", "char", "", "ssa:Dataset.DataModel"), lambda *_: "Spectrum-1.0"),
    (_field("ssa_dstype", "char", "", "ssa:Dataset.Type"), lambda *_: "Spectrum"),
    (_field("ssa_datasource", "char", "", "ssa:DataID.DataSource"), lambda one, _:
        "artificial" if one.synthetic else "survey"),
    (_field("ssa_instrument", TEXT, "meta.id;instr", "ssa:DataID.Instrument"), lambda one, _:
        one.row.instrument),
    (_field("ssa_specucd", "char", "meta.ucd", "ssa:Char.SpectralAxis.Ucd"), lambda *_: "em.wl"),
    (_field("ssa_fluxucd", "char", "meta.ucd", "ssa:Char.FluxAxis.Ucd"), lambda *_:
        "phot.flux.density;em.wl"),
    (_field("dataset", "char", "meta.id;meta.dataset", ""), lambda one, _: one.dataset),
    (_field("number", "long", "meta.record", ""), lambda one, _: one.row.number),
    (_field("datalink", "char", "meta.ref.url", ""), lambda one, at: at.links(one)),
)  # fmt: skip

OBSCORE: tuple[Column, ...] = (
    (_field("dataproduct_type", "char", "meta.code.class", "obscore:ObsDataset.dataProductType"), lambda *_:
        "spectrum"),
    (_field("calib_level", "int", "meta.code;obs.calib", "obscore:ObsDataset.calibLevel"), lambda *_: 2),
    (_field("obs_collection", TEXT, "meta.id", "obscore:DataID.collection"), lambda one, _:
        one.dataset_name),
    (_field("obs_id", TEXT, "meta.id", "obscore:DataID.observationID"), lambda one, _:
        f"{one.dataset}/{one.row.number}"),
    (_field("obs_publisher_did", "char", "meta.ref.ivoid", "obscore:Curation.publisherDID",
            identifier="obs_publisher_did"), lambda one, at: at.did(one)),
    (_field("access_url", "char", "meta.ref.url", "obscore:Access.reference"), lambda one, at:
        at.links(one)),
    (_field("access_format", "char", "meta.code.mime", "obscore:Access.format"), lambda *_: DATALINK_TYPE),
    (_field("access_estsize", "long", "phys.size;meta.file", "obscore:Access.size", "kbyte"),
        lambda one, _: None if one.row.points is None else max(1, one.row.points * 60 // 1000)),
    (_field("target_name", TEXT, "meta.id;src", "obscore:Target.name"), lambda one, _:
        one.row.group or one.row.name),
    (_field("s_ra", "double", "pos.eq.ra",
            "obscore:Char.SpatialAxis.Coverage.Location.Coord.Position2D.Value2.C1", "deg"),
        lambda one, _: one.row.ra),
    (_field("s_dec", "double", "pos.eq.dec",
            "obscore:Char.SpatialAxis.Coverage.Location.Coord.Position2D.Value2.C2", "deg"),
        lambda one, _: one.row.dec),
    (_field("em_min", "double", "em.wl;stat.min",
            "obscore:Char.SpectralAxis.Coverage.Bounds.Limits.LoLimit", "m"),
        lambda one, _: _metres(one.row.wavelength_min)),
    (_field("em_max", "double", "em.wl;stat.max",
            "obscore:Char.SpectralAxis.Coverage.Bounds.Limits.HiLimit", "m"),
        lambda one, _: _metres(one.row.wavelength_max)),
    (_field("em_xel", "long", "meta.number", "obscore:Char.SpectralAxis.numBins"), lambda one, _:
        one.row.points),
    (_field("o_ucd", "char", "meta.ucd", "obscore:Char.ObservableAxis.ucd"), lambda *_:
        "phot.flux.density;em.wl"),
    (_field("facility_name", TEXT, "meta.id;instr.tel",
            "obscore:Provenance.ObsConfig.Facility.name"), lambda *_: None),
    (_field("instrument_name", TEXT, "meta.id;instr",
            "obscore:Provenance.ObsConfig.Instrument.name"), lambda one, _: one.row.instrument),
)  # fmt: skip
