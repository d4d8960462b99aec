"""The objects of spectra: class, name and position, from columns (``columns``) and VOTables (``target``)."""
