<resource schema="specs" resdir=".">
  <meta name="creationDate">2026-11-20T00:00:00Z</meta>
  <meta name="title">Test spectra</meta>
  <meta name="description">Made spectra for the tests of a client.</meta>
  <meta name="subject">spectroscopy</meta>
  <meta name="creator">Tester, A.</meta>
  <meta name="instrument">various</meta>
  <meta name="facility">various</meta>
  <meta name="contentLevel">Research</meta>
  <meta name="type">Archive</meta>
  <meta name="coverage.waveband">Optical</meta>
  <meta name="ssap.dataSource">pointed</meta>
  <meta name="ssap.creationType">archival</meta>
  <meta name="productType">spectrum</meta>
  <meta name="ssap.testQuery">MAXREC=1</meta>

  <table id="raw_data" onDisk="True" adql="hidden" namePath="//ssap#instance">
    <LOOP listItems="ssa_dateObs ssa_dstitle ssa_targname ssa_length ssa_specres ssa_timeExt ssa_specstart ssa_specend ssa_instrument">
      <events><column original="\item"/></events>
    </LOOP>
    <mixin>//products#table</mixin>
    <mixin>//ssap#plainlocation</mixin>
    <mixin>//ssap#simpleCoverage</mixin>
    <FEED source="//scs#splitPosIndex" long="degrees(long(ssa_location))" lat="degrees(lat(ssa_location))"/>
    <column name="datalink" type="text" ucd="meta.ref.url" tablehead="Datalink"
      description="A link to a datalink document for this spectrum." verbLevel="15" displayHint="type=url">
      <property name="targetType">application/x-votable+xml;content=datalink</property>
      <property name="targetTitle">Datalink</property>
    </column>
  </table>

  <data id="import">
    <recreateAfter>make_view</recreateAfter>
    <sources pattern="data/*.fits"/>
    <fitsProdGrammar qnd="True">
      <rowfilter procDef="//products#define">
        <bind key="table">"\schema.raw_data"</bind>
        <bind key="path">\fullDLURL{sdl}</bind>
        <bind key="fsize">200000</bind>
        <bind key="datalink">"\rdId#sdl"</bind>
        <bind key="mime">"application/x-votable+xml"</bind>
      </rowfilter>
    </fitsProdGrammar>
    <make table="raw_data">
      <rowmaker idmaps="*">
        <apply procDef="//ssap#fill-plainlocation">
          <bind key="ra">@RA</bind>
          <bind key="dec">@DEC</bind>
          <bind key="aperture">1/3600.</bind>
        </apply>
        <map key="ssa_dateObs">dateTimeToMJD(parseTimestamp(@DATE_OBS, "%Y-%m-%dT%H:%M:%S"))</map>
        <map key="ssa_dstitle">"{} {}".format(@INSTRUME, @OBJECT)</map>
        <map key="ssa_targname">@OBJECT</map>
        <map key="ssa_instrument">@INSTRUME</map>
        <map key="ssa_specstart">@SPECSTRT*1e-10</map>
        <map key="ssa_specend">@SPECEND*1e-10</map>
        <map key="ssa_length">@SPECLEN</map>
        <map key="ssa_timeExt">@EXPTIME</map>
        <map key="ssa_specres">1e-10</map>
        <map key="datalink">\dlMetaURI{sdl}</map>
      </rowmaker>
    </make>
  </data>

  <table id="data" onDisk="True" adql="True">
    <meta name="_associatedDatalinkService">
      <meta name="serviceId">sdl</meta>
      <meta name="idColumn">ssa_pubDID</meta>
    </meta>
    <mixin
      sourcetable="raw_data"
      copiedcolumns="*"
      ssa_aperture="1/3600."
      ssa_fluxunit="'10**(-17) erg s**(-1) cm**(-2) Angstrom**(-1)'"
      ssa_spectralunit="'Angstrom'"
      ssa_bandpass="'Optical'"
      ssa_collection="'TESTSPEC'"
      ssa_fluxcalib="'ABSOLUTE'"
      ssa_fluxucd="'phot.flux.density;em.wl'"
      ssa_speccalib="'ABSOLUTE'"
      ssa_spectralucd="'em.wl'"
      ssa_targclass="'QSO'"
      ssa_region="ssa_region"
    >//ssap#view</mixin>
    <mixin calibLevel="2" coverage="ssa_region" sResolution="ssa_spaceres"
      oUCD="ssa_fluxucd" emUCD="ssa_spectralucd">//obscore#publishSSAPMIXC</mixin>
  </table>

  <data id="make_view" auto="False"><make table="data"/></data>
  <coverage><updater sourceTable="data"/></coverage>

  <table id="instance" onDisk="False">
    <mixin ssaTable="data" spectralDescription="Wavelength"
      fluxDescription="Flux density">//ssap#sdm-instance</mixin>
    <meta name="description">One spectrum</meta>
  </table>

  <data id="build_spectrum" auto="False">
    <embeddedGrammar>
      <iterator>
        <setup imports="os, urllib.parse"/>
        <code>
          from gavo.utils import pyfits
          sourcePath = os.path.join(base.getConfig("inputsDir"),
            urllib.parse.unquote(self.sourceToken["ssa_pubDID"].split('?', 1)[-1]))
          hdus = pyfits.open(sourcePath)
          for w, f in zip(hdus[1].data["WAVELENGTH"], hdus[1].data["FLUX"]):
            yield {"spectral": float(w), "flux": float(f)}
          hdus.close()
        </code>
      </iterator>
    </embeddedGrammar>
    <make table="instance">
      <parmaker><apply procDef="//ssap#feedSSAToSDM"/></parmaker>
    </make>
  </data>

  <service id="sdl" allowed="dlget,dlmeta,dlasync,static">
    <property name="staticData">data</property><!-- needed by makeLinkFromFile (static renderer) -->
    <meta name="title">Test spectra Datalink Service</meta>
    <meta name="shortName">testspec dl</meta>
    <datalinkCore>
      <descriptorGenerator procDef="//soda#sdm_genDesc">
        <bind key="ssaTD">"\rdId#data"</bind>
      </descriptorGenerator>
      <metaMaker semantics="#progenitor">
        <code>
          yield descriptor.makeLinkFromFile(
            os.path.join(base.getConfig("inputsDir"), urllib.parse.unquote(descriptor.pubDID.split('?',1)[-1])),
            description="Original FITS binary table", contentType="application/fits")
        </code>
      </metaMaker>
      <dataFunction procDef="//soda#sdm_genData">
        <bind key="builder">"\rdId#build_spectrum"</bind>
      </dataFunction>
      <FEED source="//soda#sdm_plainfluxcalib"/>
      <FEED source="//soda#sdm_cutout"/>
      <FEED source="//soda#sdm_format"/>
    </datalinkCore>
  </service>

  <service id="ssa" allowed="form,ssap.xml">
    <meta name="shortName">testspec SSAP</meta>
    <meta name="title">Test spectra SSAP</meta>
    <meta name="ssap.complianceLevel">full</meta>
    <publish render="ssap.xml" sets="ivo_managed"/>
    <ssapCore queriedTable="data"><FEED source="//ssap#hcd_condDescs"/></ssapCore>
  </service>
</resource>
