BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0005');
CREATE TABLE artefacts (
	job VARCHAR(80) NOT NULL, 
	attempt VARCHAR(80) NOT NULL, 
	path TEXT NOT NULL, 
	size BIGINT NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	CONSTRAINT pk_artefacts PRIMARY KEY (job, attempt, path), 
	CONSTRAINT fk_artefacts_job_jobs FOREIGN KEY(job) REFERENCES jobs (id) ON DELETE CASCADE
);
INSERT INTO "artefacts" VALUES('1m8j02rf31ww1c','h-1m8j02rf31ww1c-1','exit.json',1689,'4e3d0df99d0d9a74ba81f104112c132b77de8ca88d96e0dc4e72f8c0f4606ecb');
INSERT INTO "artefacts" VALUES('1m8j02rf31ww1c','h-1m8j02rf31ww1c-1','features.parquet',21806,'5896ee7306a1611a0c68c2f9b143f6efd6c69ac2a21e2e026665856af1c3cfb0');
INSERT INTO "artefacts" VALUES('1m8j02rf31ww1c','h-1m8j02rf31ww1c-1','log.txt',54,'f2349d5954f212616731b6f1b0f221493c09b43166d10f6c95cacd9c817f2eb1');
INSERT INTO "artefacts" VALUES('1m8j02rf31ww1c','h-1m8j02rf31ww1c-1','metrics.jsonl',1790,'ac09e144c9196c90adc9b8b00cf756a11701977f843e30c92a60db734697b6a1');
INSERT INTO "artefacts" VALUES('1m8j02rf31ww1c','h-1m8j02rf31ww1c-1','progress.jsonl',1213,'2204b6e4ce51b75f6b12f00e019f111292e5d1336116d5cc646c60c8769c005c');
INSERT INTO "artefacts" VALUES('1m8j02rf31ww1c','h-1m8j02rf31ww1c-1','rejected.csv',15,'dd876b2a92a036fb4d20c0ba338469f4d19d9bbf1bcfbee59590d77e5fc56136');
INSERT INTO "artefacts" VALUES('1m8j02rf31ww1c','h-1m8j02rf31ww1c-1','summary.json',560,'17fdf44696cf862fb06e26c25b284873d3584b064279540c8a26e941e5e5d95d');
INSERT INTO "artefacts" VALUES('1m8j02rf31ww1c','h-1m8j02rf31ww1c-1','model/forest.skops',100000,'aedda4fc1253782da3b8bbe68547860c45e1a8e7bfb689aa5d4c4311e29a0c12');
INSERT INTO "artefacts" VALUES('1m8j02rf31ww1c','h-1m8j02rf31ww1c-1','model/model.json',4806,'9763f3a611ec169b2feb80f3c1f2a03218b9d87063c989070239d7caee2b257c');
INSERT INTO "artefacts" VALUES('1m8j02rf31ww1c','h-1m8j02rf31ww1c-1','model/trees.npz',3048,'fb84fbfc467af1b22e7367831fcc3112c09a858b202498184f5a784808fedd28');
INSERT INTO "artefacts" VALUES('1m8j02rf31ww1c','h-1m8j02rf31ww1c-1','model/recipe/recipe.json',339,'c5278d6ca935dad80068476c410019afe1ea786d08664672fff54ce4c187d85f');
INSERT INTO "artefacts" VALUES('1m8j02rf31ww1c','h-1m8j02rf31ww1c-1','report/confidence-marks.npy',200,'d3fbf23c1f9892b43eb9315eb6a69e0363849198088dea9b974c4f8cb1f331ae');
INSERT INTO "artefacts" VALUES('1m8j02rf31ww1c','h-1m8j02rf31ww1c-1','report/confusion-marks.npy',200,'1edfa359aa6b60bf2de4645d2ecb7c2cacdc95b6fed709b3a55da8a94e7f9f62');
INSERT INTO "artefacts" VALUES('1m8j02rf31ww1c','h-1m8j02rf31ww1c-1','report/report.json',8617,'dd950b9ec8c7b5d9b883225de63efd1959a8730aab71f5017f2a3bf46a3e16b0');
INSERT INTO "artefacts" VALUES('1m8j03pcbvw30h','h-1m8j03pcbvw30h-1','exit.json',556,'1e2b97ac0f1ac67e3318b0811bd04c928afd102ad237d1267f85364d07e26f94');
INSERT INTO "artefacts" VALUES('1m8j03pcbvw30h','h-1m8j03pcbvw30h-1','log.txt',1744,'3380983a1493b6e50d1bcd2c1ced0041b8ad486595134481c4b25e315eaaf973');
INSERT INTO "artefacts" VALUES('1m8j03pcbvw30h','h-1m8j03pcbvw30h-1','metrics.jsonl',0,'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
INSERT INTO "artefacts" VALUES('1m8j03pcbvw30h','h-1m8j03pcbvw30h-1','progress.jsonl',0,'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
INSERT INTO "artefacts" VALUES('1m8j03pcbvw30h','h-1m8j03pcbvw30h-1','rejected.csv',15,'dd876b2a92a036fb4d20c0ba338469f4d19d9bbf1bcfbee59590d77e5fc56136');
INSERT INTO "artefacts" VALUES('1m8j03vj7cm1xy','h-1m8j03vj7cm1xy-1','exit.json',952,'795740edd3546fed9eed48769843bdf2a49b3b64eee48f9a941949ea9b0496a5');
INSERT INTO "artefacts" VALUES('1m8j03vj7cm1xy','h-1m8j03vj7cm1xy-1','features.parquet',21806,'135f97ad1a2608d2ee838bdfac7eb65a1e3ec7e94ce4353c9626a4000400ad5a');
INSERT INTO "artefacts" VALUES('1m8j03vj7cm1xy','h-1m8j03vj7cm1xy-1','log.txt',1816,'7322c819204212cc0b5aff10567a3935a8f37269f7fbe0357c18de28cfd4b4fa');
INSERT INTO "artefacts" VALUES('1m8j03vj7cm1xy','h-1m8j03vj7cm1xy-1','metrics.jsonl',70292,'374de93c00b3c8b42a6042a3a7dce9ee7120f83c5ad718cfaff5d54e9bb5d507');
INSERT INTO "artefacts" VALUES('1m8j03vj7cm1xy','h-1m8j03vj7cm1xy-1','progress.jsonl',3422,'ba148739b35e087efd128f713be2fe242074af63543044d4bf6bdab45a7ea425');
INSERT INTO "artefacts" VALUES('1m8j03vj7cm1xy','h-1m8j03vj7cm1xy-1','rejected.csv',15,'dd876b2a92a036fb4d20c0ba338469f4d19d9bbf1bcfbee59590d77e5fc56136');
INSERT INTO "artefacts" VALUES('1m8j03vj7cm1xy','h-1m8j03vj7cm1xy-1','checkpoint/checkpoint.json',211,'5a9965e7c06c08b522c060125c443cc8e0e91d157a4a447bfd1c6742b94e05cc');
INSERT INTO "artefacts" VALUES('1m8j03vj7cm1xy','h-1m8j03vj7cm1xy-1','checkpoint/000000635/som.npz',46632,'32ed4f6284b1631f3a4cd3d39e611f4758236f94aa8aa039e5cc17bd1169509b');
INSERT INTO "artefacts" VALUES('1m8j04c7zcncd0','h-1m8j04c7zcncd0-1','exit.json',1692,'e2feb972b43293193df9fd1ab47d901b81a5ef490cf0afafe7ea4c63b15ad1c4');
INSERT INTO "artefacts" VALUES('1m8j04c7zcncd0','h-1m8j04c7zcncd0-1','features.parquet',21806,'6b4887116f4e0b5bda3988b572ec459343246550dc2862acbd41a3f8acbc7501');
INSERT INTO "artefacts" VALUES('1m8j04c7zcncd0','h-1m8j04c7zcncd0-1','log.txt',0,'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
INSERT INTO "artefacts" VALUES('1m8j04c7zcncd0','h-1m8j04c7zcncd0-1','metrics.jsonl',1797,'15c562a42dc278b82d50e117a0f07ff38aa0b14c8e0335f2c913525f33879aa8');
INSERT INTO "artefacts" VALUES('1m8j04c7zcncd0','h-1m8j04c7zcncd0-1','predictions.csv',1735,'def0df6052c88d9b64b08643aaaabd8957a8b9ec89de90fce8bb7d0bf9989986');
INSERT INTO "artefacts" VALUES('1m8j04c7zcncd0','h-1m8j04c7zcncd0-1','predictions.parquet',5709,'15faf87c082460d1ff807d933f4aa14f7902e662e0bc04bce3e0a96ce5536674');
INSERT INTO "artefacts" VALUES('1m8j04c7zcncd0','h-1m8j04c7zcncd0-1','predictions.vot',5172,'1c27bb38e7915c58d597bd38028528ec047d7e226b1c0c379d9f29b6a4ec7964');
INSERT INTO "artefacts" VALUES('1m8j04c7zcncd0','h-1m8j04c7zcncd0-1','progress.jsonl',605,'30f3d1eb848b2f112046dd9b0118171ec4359039d0f25e3ee4a0840b030be124');
INSERT INTO "artefacts" VALUES('1m8j04c7zcncd0','h-1m8j04c7zcncd0-1','rejected.csv',15,'dd876b2a92a036fb4d20c0ba338469f4d19d9bbf1bcfbee59590d77e5fc56136');
INSERT INTO "artefacts" VALUES('1m8j04c7zcncd0','h-1m8j04c7zcncd0-1','summary.json',587,'54f95f7872b4033ad8aa9d798e50904ac17fce0c5a4949730e767163905daeed');
INSERT INTO "artefacts" VALUES('1m8j04c7zcncd0','h-1m8j04c7zcncd0-1','report/confidence-marks.npy',200,'b164301965f477823098e2cc4c09bad60216f0833d3bec5270732545460f49ea');
INSERT INTO "artefacts" VALUES('1m8j04c7zcncd0','h-1m8j04c7zcncd0-1','report/confusion-marks.npy',200,'963f742c25a28179627f3e88bcbca47f7f1c895c5cc80adec03bc353488bbec4');
INSERT INTO "artefacts" VALUES('1m8j04c7zcncd0','h-1m8j04c7zcncd0-1','report/predicted-marks.npy',200,'62e819acf5d3465edeace1ec40b622507d065e6d02e58ec2d886c268a7fc38e2');
INSERT INTO "artefacts" VALUES('1m8j04c7zcncd0','h-1m8j04c7zcncd0-1','report/report.json',5787,'fbbd1ee7df22867950908e63d53d1078e0a327b67f499c8831706795314729ad');
CREATE TABLE attempts (
	id VARCHAR(80) NOT NULL, 
	job VARCHAR(80) NOT NULL, 
	number INTEGER NOT NULL, 
	node VARCHAR(80) NOT NULL, 
	launcher VARCHAR(20) NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	handle JSON, 
	exit_code INTEGER, 
	reason TEXT NOT NULL, 
	missing_since VARCHAR(30), 
	intended VARCHAR(30) NOT NULL, 
	launched VARCHAR(30), 
	ended VARCHAR(30), failure VARCHAR(20) DEFAULT '' NOT NULL, checkpoint JSON, resumed VARCHAR(80), 
	CONSTRAINT pk_attempts PRIMARY KEY (id), 
	CONSTRAINT fk_attempts_job_jobs FOREIGN KEY(job) REFERENCES jobs (id) ON DELETE CASCADE, 
	CONSTRAINT uq_attempts_job_number UNIQUE (job, number)
);
INSERT INTO "attempts" VALUES('h-1m8j02rf31ww1c-1','1m8j02rf31ww1c',1,'local','process','removed','{"schema": 1, "launcher": "process", "name": "h-1m8j02rf31ww1c-1", "identifier": "8f330f5ba6bb43bc9d3e0022cda0dea4", "address": null}',0,'The model is trained.',NULL,'2026-11-28T21:13:20.624Z','2026-11-28T21:13:21.746Z','2026-11-28T21:13:50.336Z','',NULL,NULL);
INSERT INTO "attempts" VALUES('h-1m8j03pcbvw30h-1','1m8j03pcbvw30h',1,'local','process','removed','{"schema": 1, "launcher": "process", "name": "h-1m8j03pcbvw30h-1", "identifier": "26ffcd89581f4fe88c47b7a51741a838", "address": null}',130,'stopped, though nobody aborted it here: Stopped on request.',NULL,'2026-11-28T21:13:50.825Z','2026-11-28T21:13:51.342Z','2026-11-28T21:13:55.312Z','unknown',NULL,NULL);
INSERT INTO "attempts" VALUES('h-1m8j03vj7cm1xy-1','1m8j03vj7cm1xy',1,'bench','process','removed','{"schema": 1, "launcher": "process", "name": "h-1m8j03vj7cm1xy-1", "identifier": "fe92dde3874145188ca2cdb46c099a90", "address": null}',130,'Stopped on request.',NULL,'2026-11-28T21:13:56.251Z','2026-11-28T21:13:57.057Z','2026-11-28T21:14:08.714Z','','{"folder": "000000635", "step": 635, "time": "2026-11-28T21:14:06.478Z", "bytes": 46632}',NULL);
INSERT INTO "attempts" VALUES('h-1m8j04c7zcncd0-1','1m8j04c7zcncd0',1,'local','process','removed','{"schema": 1, "launcher": "process", "name": "h-1m8j04c7zcncd0-1", "identifier": "dde068e7cc8844f8b7447c569c8b0dcc", "address": null}',0,'18 spectra are predicted.',NULL,'2026-11-28T21:14:13.279Z','2026-11-28T21:14:14.081Z','2026-11-28T21:14:18.461Z','',NULL,NULL);
CREATE TABLE dataset_files (
	dataset VARCHAR(80) NOT NULL, 
	path TEXT NOT NULL, 
	size BIGINT NOT NULL, 
	sha256 VARCHAR(64), 
	state VARCHAR(10) NOT NULL, 
	reason TEXT NOT NULL, 
	CONSTRAINT pk_dataset_files PRIMARY KEY (dataset, path), 
	CONSTRAINT fk_dataset_files_dataset_datasets FOREIGN KEY(dataset) REFERENCES datasets (id) ON DELETE CASCADE
);
INSERT INTO "dataset_files" VALUES('1m8j02febn7dcp','README-synthetic.txt',202,'261b525b25cbc2347bfa80f6e85bfae6958b9b3dbbb2e41e12df3535e8335c84','read','');
INSERT INTO "dataset_files" VALUES('1m8j02febn7dcp','labels.csv',1313,'6fd97777adfff8b830cc4e42d454af0d9910fe06b73914a34372599fe0c268e9','read','');
INSERT INTO "dataset_files" VALUES('1m8j02febn7dcp','synthetic-000000.fits',11520,'c29f058f52e3e33d04ad93a9890fa8506ba8c5a5cad4be1f31eab70ef7291448','read','');
INSERT INTO "dataset_files" VALUES('1m8j02febn7dcp','broken.fits',19,'fa23889f5460a128c013f4a9406615c977d48ea5dc277b735e7ab82d10dc2220','refused','the FITS header has no END card: the file is cut short or is no FITS file');
INSERT INTO "dataset_files" VALUES('1m8j02febn7dcp','synthetic-000001.fits',11520,'8b4a5b5fdb6c62a4944a98f752c64db217a82e653f084fb0c74ea16a32719d19','read','');
INSERT INTO "dataset_files" VALUES('1m8j02febn7dcp','synthetic-000002.fits',11520,'8b358ae8632142560d78d617728dd5fbb07d6e8e741f6861cd58d65e76bc22fc','read','');
INSERT INTO "dataset_files" VALUES('1m8j02febn7dcp','synthetic-000003.fits',11520,'afe0ca35e5a5ca95d8acfe5bc87fb6e5a45abde63fbb49b9bbff5db40c0dce83','read','');
INSERT INTO "dataset_files" VALUES('1m8j02febn7dcp','synthetic-000004.fits',11520,'150f5462bcc722706794ec96bd03aa195ac5f10dfc40f1aa48781b501d0babde','read','');
INSERT INTO "dataset_files" VALUES('1m8j02febn7dcp','synthetic-000005.fits',11520,'83242c967818788f8607a339334961b76f701b35f5967bdc5c7ac7e3dafd92eb','read','');
INSERT INTO "dataset_files" VALUES('1m8j02febn7dcp','synthetic-000006.fits',11520,'adc79e47a7d01025e2f27cc63c526f57a6725cb74f379692cea03b860b54b28a','read','');
INSERT INTO "dataset_files" VALUES('1m8j02febn7dcp','synthetic-000007.fits',11520,'75c659d7e984505c48b0f3d384fe41e026f85af69927761b5642ba400b55b033','read','');
INSERT INTO "dataset_files" VALUES('1m8j02febn7dcp','synthetic-000008.fits',11520,'470ddaf401ee72b9b09cff892a25c7ba7b674d3b5a46aae12dc52903f78f16ad','read','');
INSERT INTO "dataset_files" VALUES('1m8j02febn7dcp','synthetic-000009.fits',11520,'2720c8390e3ead3d2dc1e2321baa433c9d49055a76e613617057e28c4fc37369','read','');
INSERT INTO "dataset_files" VALUES('1m8j02febn7dcp','synthetic-000010.fits',11520,'9c34f719186c0e13c0db8a5fb16911085135e71a562242dbb30204ed81a8aedc','read','');
INSERT INTO "dataset_files" VALUES('1m8j02febn7dcp','synthetic-000011.fits',11520,'d9817f87218c0d3abf277ad611643e114ab349fcffa97c55d17c10797c32f79a','read','');
INSERT INTO "dataset_files" VALUES('1m8j02febn7dcp','synthetic-000012.fits',11520,'59c1df27fff396ba1b037e071a2ce3d1a6608adfeb4e8ebe8751dc72cd23e88e','read','');
INSERT INTO "dataset_files" VALUES('1m8j02febn7dcp','synthetic-000013.fits',11520,'7f5ae7be14560035c311a725b18a1247b0a43f011c1d898baf8f405408324b0f','read','');
INSERT INTO "dataset_files" VALUES('1m8j02febn7dcp','synthetic-000014.fits',11520,'4c4e6c3eacaddb85ca073af9ae6f075bb2423499255ba46e16368a7887b505ca','read','');
INSERT INTO "dataset_files" VALUES('1m8j02febn7dcp','synthetic-000015.fits',11520,'181f2a99d63cfe8543c2579b15d84c3ef97bbe7b81685c1fdf3bfa9f3c2604d8','read','');
INSERT INTO "dataset_files" VALUES('1m8j02febn7dcp','synthetic-000016.fits',11520,'17be7489979365d1625947e82454745a078fac4cc4ac6825d868417e6c899776','read','');
INSERT INTO "dataset_files" VALUES('1m8j02febn7dcp','synthetic-000017.fits',11520,'145d1da3de35a48b0eb2ae32e171157c4f01cbe20c916c002708b7b24c75365a','read','');
CREATE TABLE dataset_spectra (
	dataset VARCHAR(80) NOT NULL, 
	number BIGINT NOT NULL, 
	path TEXT NOT NULL, 
	hdu INTEGER, 
	"row" INTEGER, 
	name TEXT NOT NULL, 
	label TEXT, 
	object_group TEXT, 
	wavelength_min FLOAT, 
	wavelength_max FLOAT, 
	points INTEGER, 
	snr FLOAT, 
	format VARCHAR(40) NOT NULL, 
	CONSTRAINT pk_dataset_spectra PRIMARY KEY (dataset, number), 
	CONSTRAINT fk_dataset_spectra_dataset_datasets FOREIGN KEY(dataset) REFERENCES datasets (id) ON DELETE CASCADE
);
INSERT INTO "dataset_spectra" VALUES('1m8j02febn7dcp',0,'synthetic-000000.fits',1,NULL,'synthetic-000000','emission','synthetic-star-00000',6480.0,6770.0,450,NULL,'table');
INSERT INTO "dataset_spectra" VALUES('1m8j02febn7dcp',1,'synthetic-000001.fits',1,NULL,'synthetic-000001','absorption','synthetic-star-00000',6480.0,6770.0,450,NULL,'table');
INSERT INTO "dataset_spectra" VALUES('1m8j02febn7dcp',2,'synthetic-000002.fits',1,NULL,'synthetic-000002','emission','synthetic-star-00001',6480.0,6770.0,450,NULL,'table');
INSERT INTO "dataset_spectra" VALUES('1m8j02febn7dcp',3,'synthetic-000003.fits',1,NULL,'synthetic-000003','emission','synthetic-star-00001',6480.0,6770.0,450,NULL,'table');
INSERT INTO "dataset_spectra" VALUES('1m8j02febn7dcp',4,'synthetic-000004.fits',1,NULL,'synthetic-000004','double peak','synthetic-star-00002',6480.0,6770.0,450,NULL,'table');
INSERT INTO "dataset_spectra" VALUES('1m8j02febn7dcp',5,'synthetic-000005.fits',1,NULL,'synthetic-000005','double peak','synthetic-star-00002',6480.0,6770.0,450,NULL,'table');
INSERT INTO "dataset_spectra" VALUES('1m8j02febn7dcp',6,'synthetic-000006.fits',1,NULL,'synthetic-000006','absorption','synthetic-star-00003',6480.0,6770.0,450,NULL,'table');
INSERT INTO "dataset_spectra" VALUES('1m8j02febn7dcp',7,'synthetic-000007.fits',1,NULL,'synthetic-000007','absorption','synthetic-star-00003',6480.0,6770.0,450,NULL,'table');
INSERT INTO "dataset_spectra" VALUES('1m8j02febn7dcp',8,'synthetic-000008.fits',1,NULL,'synthetic-000008','emission','synthetic-star-00004',6480.0,6770.0,450,NULL,'table');
INSERT INTO "dataset_spectra" VALUES('1m8j02febn7dcp',9,'synthetic-000009.fits',1,NULL,'synthetic-000009','emission','synthetic-star-00004',6480.0,6770.0,450,NULL,'table');
INSERT INTO "dataset_spectra" VALUES('1m8j02febn7dcp',10,'synthetic-000010.fits',1,NULL,'synthetic-000010','double peak','synthetic-star-00005',6480.0,6770.0,450,NULL,'table');
INSERT INTO "dataset_spectra" VALUES('1m8j02febn7dcp',11,'synthetic-000011.fits',1,NULL,'synthetic-000011','double peak','synthetic-star-00005',6480.0,6770.0,450,NULL,'table');
INSERT INTO "dataset_spectra" VALUES('1m8j02febn7dcp',12,'synthetic-000012.fits',1,NULL,'synthetic-000012','absorption','synthetic-star-00006',6480.0,6770.0,450,NULL,'table');
INSERT INTO "dataset_spectra" VALUES('1m8j02febn7dcp',13,'synthetic-000013.fits',1,NULL,'synthetic-000013','absorption','synthetic-star-00006',6480.0,6770.0,450,NULL,'table');
INSERT INTO "dataset_spectra" VALUES('1m8j02febn7dcp',14,'synthetic-000014.fits',1,NULL,'synthetic-000014','emission','synthetic-star-00007',6480.0,6770.0,450,NULL,'table');
INSERT INTO "dataset_spectra" VALUES('1m8j02febn7dcp',15,'synthetic-000015.fits',1,NULL,'synthetic-000015','emission','synthetic-star-00007',6480.0,6770.0,450,NULL,'table');
INSERT INTO "dataset_spectra" VALUES('1m8j02febn7dcp',16,'synthetic-000016.fits',1,NULL,'synthetic-000016','double peak','synthetic-star-00008',6480.0,6770.0,450,NULL,'table');
INSERT INTO "dataset_spectra" VALUES('1m8j02febn7dcp',17,'synthetic-000017.fits',1,NULL,'synthetic-000017','double peak','synthetic-star-00008',6480.0,6770.0,450,NULL,'table');
CREATE TABLE datasets (
	id VARCHAR(80) NOT NULL, 
	name TEXT NOT NULL, 
	owner VARCHAR(120) NOT NULL, 
	created VARCHAR(30) NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	reason TEXT NOT NULL, 
	kind VARCHAR(10) NOT NULL, 
	count BIGINT NOT NULL, 
	refused BIGINT NOT NULL, 
	bytes BIGINT NOT NULL, 
	wavelength_min FLOAT, 
	wavelength_max FLOAT, 
	formats JSON NOT NULL, 
	classes JSON NOT NULL, 
	synthetic BOOLEAN DEFAULT 0 NOT NULL, 
	sha256 VARCHAR(64), 
	CONSTRAINT pk_datasets PRIMARY KEY (id)
);
INSERT INTO "datasets" VALUES('1m8j02febn7dcp','old spectra','owner','2026-11-28T21:13:10.859Z','ready','','spectra',18,1,208894,6480.0,6770.0,'{"table": 18}','{"absorption": 5, "double peak": 6, "emission": 7}',1,'04195e67d476c02b379485b83bca37ded178dc5458e589ee513fb1da16752a4d');
CREATE TABLE deployment_gateways (
	gateway VARCHAR(120) NOT NULL, 
	seen VARCHAR(30) NOT NULL, 
	PRIMARY KEY (gateway)
);
INSERT INTO "deployment_gateways" VALUES('huggins-105e4d30-deployments','2026-11-28T21:14:38.682Z');
CREATE TABLE deployment_predictions (
	id VARCHAR(40) NOT NULL, 
	deployment VARCHAR(40) NOT NULL, 
	born VARCHAR(30) NOT NULL, 
	gateway VARCHAR(120) NOT NULL, 
	folder VARCHAR(1000) NOT NULL, 
	caller VARCHAR(140) NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	reason TEXT NOT NULL, 
	request JSON NOT NULL, 
	size BIGINT NOT NULL, 
	created VARCHAR(30) NOT NULL, 
	begun VARCHAR(30), 
	ended VARCHAR(30), 
	expires VARCHAR(30), 
	version INTEGER, 
	status INTEGER, 
	content_type VARCHAR(200), 
	answer_size BIGINT, 
	spectra INTEGER, 
	PRIMARY KEY (id)
);
INSERT INTO "deployment_predictions" VALUES('ec238aa90066b6c5f8abd44ad2121e30','forest','2026-11-28T21:14:18.948Z','huggins-105e4d30-deployments','@HOME@/predictions/huggins-105e4d30-deployments/ec238aa90066b6c5f8abd44ad2121e30','user owner','completed','','{"path": "/v2/models/rdf/predict/", "headers": [["Content-Type", "application/fits"], ["Accept", "application/json"], ["X-Request-Id", "52c503e500000001"], ["X-Forwarded-For", "127.0.0.1"], ["X-Forwarded-Host", "127.0.0.1:43255"], ["X-Forwarded-Proto", "http"], ["Content-Length", "11520"]]}',11520,'2026-11-28T21:14:39.420Z','2026-11-28T21:14:39.515Z','2026-11-28T21:14:39.740Z','2026-11-29T21:14:39.740Z',2,200,'application/json; charset=utf-8',326,1);
CREATE TABLE deployment_revision (
	id INTEGER NOT NULL, 
	number BIGINT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "deployment_revision" VALUES(1,4);
CREATE TABLE deployment_tokens (
	id VARCHAR(12) NOT NULL, 
	hash VARCHAR(64) NOT NULL, 
	deployment VARCHAR(40) NOT NULL, 
	title VARCHAR(200) NOT NULL, 
	scope VARCHAR(10) NOT NULL, 
	created VARCHAR(30) NOT NULL, 
	expires VARCHAR(30), 
	rate INTEGER, 
	quota INTEGER, 
	PRIMARY KEY (id)
);
INSERT INTO "deployment_tokens" VALUES('iktve4xa','8b38f1a3b32a2fc5dafa73810a048aded980c64dc472af1da07fec1bec0b2ae6','forest','the pipeline','predict','2026-11-28T21:14:29.019Z',NULL,50,1000);
CREATE TABLE deployment_usage (
	deployment VARCHAR(40) NOT NULL, 
	minute INTEGER NOT NULL, 
	token VARCHAR(12) NOT NULL, 
	version INTEGER NOT NULL, 
	gateway VARCHAR(16) NOT NULL, 
	requests INTEGER NOT NULL, 
	spectra INTEGER NOT NULL, 
	errors INTEGER NOT NULL, 
	refused INTEGER NOT NULL, 
	seconds FLOAT NOT NULL, 
	latency JSON NOT NULL, 
	PRIMARY KEY (deployment, minute, token, version, gateway)
);
INSERT INTO "deployment_usage" VALUES('forest',29931674,'',2,'57bbb3b8',2,2,0,0,1.26744623999911709688e-01,'[0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]');
CREATE TABLE deployment_versions (
	deployment VARCHAR(40) NOT NULL, 
	number INTEGER NOT NULL, 
	module VARCHAR(100) NOT NULL, 
	module_version VARCHAR(50) NOT NULL, 
	image VARCHAR(500) NOT NULL, 
	entry VARCHAR(20) NOT NULL, 
	model VARCHAR(40), 
	model_folder VARCHAR(1000), 
	resources JSON NOT NULL, 
	created VARCHAR(30) NOT NULL, 
	PRIMARY KEY (deployment, number)
);
INSERT INTO "deployment_versions" VALUES('forest',1,'rdf','0.1.0','huggins/rdf:0.1.0','batch','m-1m8j02rf31ww1c','@HOME@/models/m-1m8j02rf31ww1c','{"cpus": 1, "memory_mb": 2048, "gpus": 0, "walltime_s": null, "labels": [], "parts": 1}','2026-11-28T21:14:18.947Z');
INSERT INTO "deployment_versions" VALUES('forest',2,'rdf','0.1.0','huggins/rdf:0.1.0','batch','m-1m8j02rf31ww1c','@HOME@/models/m-1m8j02rf31ww1c','{"cpus": 1, "memory_mb": 2048, "gpus": 0, "walltime_s": null, "labels": [], "parts": 1}','2026-11-28T21:14:29.608Z');
CREATE TABLE "deployments" (
	name VARCHAR(40) NOT NULL, 
	nodes JSON NOT NULL, 
	stable INTEGER NOT NULL, 
	canary INTEGER, 
	share INTEGER NOT NULL, 
	previous INTEGER, 
	scaling JSON NOT NULL, 
	access VARCHAR(10) NOT NULL, 
	enabled BOOLEAN NOT NULL, 
	created VARCHAR(30) NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "deployments" VALUES('forest','["local"]',2,NULL,0,1,'{"minimum": 1, "maximum": 1, "concurrency": 16, "idle_s": 600.0, "stabilisation_s": 60.0, "standby": 0}','public',0,'2026-11-28T21:14:18.948Z');
CREATE TABLE events (
	id INTEGER NOT NULL, 
	time VARCHAR(30) NOT NULL, 
	job VARCHAR(80) NOT NULL, 
	attempt VARCHAR(80), 
	kind VARCHAR(20) NOT NULL, 
	"by" VARCHAR(120) NOT NULL, 
	detail JSON NOT NULL, 
	CONSTRAINT pk_events PRIMARY KEY (id)
);
INSERT INTO "events" VALUES(1,'2026-11-28T21:13:20.186Z','1m8j02rf31ww1c',NULL,'created','owner','{"parent": null}');
INSERT INTO "events" VALUES(2,'2026-11-28T21:13:20.630Z','1m8j02rf31ww1c','h-1m8j02rf31ww1c-1','intended','supervisor','{"node": "local", "launcher": "process"}');
INSERT INTO "events" VALUES(3,'2026-11-28T21:13:21.751Z','1m8j02rf31ww1c','h-1m8j02rf31ww1c-1','launched','supervisor','{"identifier": "8f330f5ba6bb43bc9d3e0022cda0dea4"}');
INSERT INTO "events" VALUES(4,'2026-11-28T21:13:21.794Z','1m8j02rf31ww1c','h-1m8j02rf31ww1c-1','phase','supervisor','{"from": "QUEUED", "to": "EXECUTING", "reason": ""}');
INSERT INTO "events" VALUES(5,'2026-11-28T21:13:21.842Z','1m8j02rf31ww1c',NULL,'reason','supervisor','{"reason": "runs; its code has not begun yet"}');
INSERT INTO "events" VALUES(6,'2026-11-28T21:13:50.352Z','1m8j02rf31ww1c','h-1m8j02rf31ww1c-1','model','supervisor','{"model": "m-1m8j02rf31ww1c"}');
INSERT INTO "events" VALUES(7,'2026-11-28T21:13:50.353Z','1m8j02rf31ww1c','h-1m8j02rf31ww1c-1','phase','supervisor','{"from": "EXECUTING", "to": "COMPLETED", "reason": "The model is trained."}');
INSERT INTO "events" VALUES(8,'2026-11-28T21:13:50.742Z','1m8j03pcbvw30h',NULL,'created','owner','{"parent": null}');
INSERT INTO "events" VALUES(9,'2026-11-28T21:13:50.827Z','1m8j03pcbvw30h','h-1m8j03pcbvw30h-1','intended','supervisor','{"node": "local", "launcher": "process"}');
INSERT INTO "events" VALUES(10,'2026-11-28T21:13:51.344Z','1m8j03pcbvw30h','h-1m8j03pcbvw30h-1','launched','supervisor','{"identifier": "26ffcd89581f4fe88c47b7a51741a838"}');
INSERT INTO "events" VALUES(11,'2026-11-28T21:13:51.395Z','1m8j03pcbvw30h','h-1m8j03pcbvw30h-1','phase','supervisor','{"from": "QUEUED", "to": "EXECUTING", "reason": ""}');
INSERT INTO "events" VALUES(12,'2026-11-28T21:13:51.634Z','1m8j03pcbvw30h',NULL,'reason','supervisor','{"reason": "runs; its code has not begun yet"}');
INSERT INTO "events" VALUES(13,'2026-11-28T21:13:55.347Z','1m8j03pcbvw30h','h-1m8j03pcbvw30h-1','phase','supervisor','{"from": "EXECUTING", "to": "ERROR", "reason": "stopped, though nobody aborted it here: Stopped on request."}');
INSERT INTO "events" VALUES(14,'2026-11-28T21:13:56.053Z','1m8j03vj7cm1xy',NULL,'created','owner','{"parent": null}');
INSERT INTO "events" VALUES(15,'2026-11-28T21:13:56.295Z','1m8j03vj7cm1xy','h-1m8j03vj7cm1xy-1','intended','supervisor','{"node": "bench", "launcher": "process"}');
INSERT INTO "events" VALUES(16,'2026-11-28T21:13:57.084Z','1m8j03vj7cm1xy','h-1m8j03vj7cm1xy-1','launched','supervisor','{"identifier": "fe92dde3874145188ca2cdb46c099a90"}');
INSERT INTO "events" VALUES(17,'2026-11-28T21:13:57.364Z','1m8j03vj7cm1xy','h-1m8j03vj7cm1xy-1','phase','supervisor','{"from": "QUEUED", "to": "EXECUTING", "reason": ""}');
INSERT INTO "events" VALUES(18,'2026-11-28T21:14:06.215Z','1m8j03vj7cm1xy',NULL,'abort','owner','{}');
INSERT INTO "events" VALUES(19,'2026-11-28T21:14:08.722Z','1m8j03vj7cm1xy','h-1m8j03vj7cm1xy-1','phase','supervisor','{"from": "EXECUTING", "to": "ABORTED", "reason": "Stopped on request."}');
INSERT INTO "events" VALUES(20,'2026-11-28T21:14:13.194Z','1m8j04c7zcncd0',NULL,'created','owner','{"parent": null}');
INSERT INTO "events" VALUES(21,'2026-11-28T21:14:13.283Z','1m8j04c7zcncd0','h-1m8j04c7zcncd0-1','intended','supervisor','{"node": "local", "launcher": "process"}');
INSERT INTO "events" VALUES(22,'2026-11-28T21:14:14.090Z','1m8j04c7zcncd0','h-1m8j04c7zcncd0-1','launched','supervisor','{"identifier": "dde068e7cc8844f8b7447c569c8b0dcc"}');
INSERT INTO "events" VALUES(23,'2026-11-28T21:14:14.175Z','1m8j04c7zcncd0','h-1m8j04c7zcncd0-1','phase','supervisor','{"from": "QUEUED", "to": "EXECUTING", "reason": ""}');
INSERT INTO "events" VALUES(24,'2026-11-28T21:14:14.277Z','1m8j04c7zcncd0',NULL,'reason','supervisor','{"reason": "runs; its code has not begun yet"}');
INSERT INTO "events" VALUES(25,'2026-11-28T21:14:18.543Z','1m8j04c7zcncd0','h-1m8j04c7zcncd0-1','phase','supervisor','{"from": "EXECUTING", "to": "COMPLETED", "reason": "18 spectra are predicted."}');
CREATE TABLE job_words (
	job VARCHAR(80) NOT NULL, 
	word VARCHAR(40) NOT NULL, 
	CONSTRAINT pk_job_words PRIMARY KEY (job, word), 
	CONSTRAINT fk_job_words_job_jobs FOREIGN KEY(job) REFERENCES jobs (id) ON DELETE CASCADE
);
INSERT INTO "job_words" VALUES('1m8j02rf31ww1c','1m8j02rf31ww1c');
INSERT INTO "job_words" VALUES('1m8j02rf31ww1c','good');
INSERT INTO "job_words" VALUES('1m8j02rf31ww1c','forest');
INSERT INTO "job_words" VALUES('1m8j02rf31ww1c','kept');
INSERT INTO "job_words" VALUES('1m8j02rf31ww1c','for');
INSERT INTO "job_words" VALUES('1m8j02rf31ww1c','the');
INSERT INTO "job_words" VALUES('1m8j02rf31ww1c','release');
INSERT INTO "job_words" VALUES('1m8j02rf31ww1c','rdf');
INSERT INTO "job_words" VALUES('1m8j03pcbvw30h','1m8j03pcbvw30h');
INSERT INTO "job_words" VALUES('1m8j03pcbvw30h','out');
INSERT INTO "job_words" VALUES('1m8j03pcbvw30h','of');
INSERT INTO "job_words" VALUES('1m8j03pcbvw30h','time');
INSERT INTO "job_words" VALUES('1m8j03pcbvw30h','rdf');
INSERT INTO "job_words" VALUES('1m8j03vj7cm1xy','1m8j03vj7cm1xy');
INSERT INTO "job_words" VALUES('1m8j03vj7cm1xy','stopped');
INSERT INTO "job_words" VALUES('1m8j03vj7cm1xy','map');
INSERT INTO "job_words" VALUES('1m8j03vj7cm1xy','som');
INSERT INTO "job_words" VALUES('1m8j04c7zcncd0','1m8j04c7zcncd0');
INSERT INTO "job_words" VALUES('1m8j04c7zcncd0','rdf');
CREATE TABLE "jobs" (
	id VARCHAR(80) NOT NULL, 
	owner VARCHAR(120) NOT NULL, 
	label TEXT NOT NULL, 
	note TEXT NOT NULL, 
	action VARCHAR(20) NOT NULL, 
	module VARCHAR(80) NOT NULL, 
	module_version VARCHAR(40) NOT NULL, 
	image TEXT NOT NULL, 
	phase VARCHAR(12) NOT NULL, 
	wanted VARCHAR(10) NOT NULL, 
	reason TEXT NOT NULL, 
	parameters JSON NOT NULL, 
	recipe JSON, 
	dataset VARCHAR(80), 
	input JSON NOT NULL, 
	node VARCHAR(80) NOT NULL, 
	resources JSON NOT NULL, 
	parent VARCHAR(80), 
	progress JSON, 
	metrics JSON, 
	created VARCHAR(30) NOT NULL, 
	started VARCHAR(30), 
	ended VARCHAR(30), 
	model VARCHAR(80), 
	notify VARCHAR(3) DEFAULT ('') NOT NULL, 
	retry JSON, 
	not_before VARCHAR(30), 
	resume BOOLEAN DEFAULT 1 NOT NULL, 
	CONSTRAINT pk_jobs PRIMARY KEY (id)
);
INSERT INTO "jobs" VALUES('1m8j02rf31ww1c','owner','good forest','kept for the release','train','rdf','0.1.0','huggins/rdf:0.1.0','COMPLETED','run','The model is trained.','{"task": "classification", "trees": 4, "variant": "random_forest", "folds": 2, "test_fraction": 0.0, "calibration": "none", "class_weight": "balanced_subsample", "max_features": "sqrt", "feature_fraction": 0.3, "min_samples_split": 2, "min_samples_leaf": 1, "max_depth": null, "criterion": "auto", "bootstrap": true, "permutation_importance": false, "seed": 1, "threads": 0}','{"schema": 1, "steps": [{"step": "cutout", "minimum": 6519.0, "maximum": 6732.0}, {"step": "resample", "minimum": 6519.0, "maximum": 6732.0, "points": 140}, {"step": "scale", "method": "minmax"}]}','1m8j02febn7dcp','{"kind": "spectra", "name": "old spectra", "sha256": "04195e67d476c02b379485b83bca37ded178dc5458e589ee513fb1da16752a4d", "synthetic": true, "count": 18}','local','{"cpus": 2.0, "memory_mb": 2048, "gpus": 0, "walltime_s": 86400, "labels": [], "parts": 1}',NULL,'{"phase": "save", "step": 0, "total": 1, "message": "", "fraction": 0.0, "seconds_left": null}','{"spectra_prepared": 18.0, "spectra_rejected": 0.0, "oob_score": 0.4444444444444444, "accuracy_by_trees": 0.4, "calibration_error": 0.4861111111111111, "accuracy": 0.3888888888888889, "balanced_accuracy": 0.4444444444444444, "f1_macro": 0.39826839826839827, "precision:absorption": 0.8333333333333334, "recall:absorption": 1.0, "f1:absorption": 0.9090909090909091, "precision:double peak": 0.25, "recall:double peak": 0.3333333333333333, "f1:double peak": 0.2857142857142857, "precision:emission": 0.0, "recall:emission": 0.0, "f1:emission": 0.0}','2026-11-28T21:13:20.100Z','2026-11-28T21:13:21.784Z','2026-11-28T21:13:50.336Z',NULL,'',NULL,NULL,1);
INSERT INTO "jobs" VALUES('1m8j03pcbvw30h','owner','out of time','','train','rdf','0.1.0','huggins/rdf:0.1.0','ERROR','run','stopped, though nobody aborted it here: Stopped on request.','{"task": "classification", "trees": 4, "variant": "random_forest", "folds": 2, "test_fraction": 0.0, "calibration": "none", "class_weight": "balanced_subsample", "max_features": "sqrt", "feature_fraction": 0.3, "min_samples_split": 2, "min_samples_leaf": 1, "max_depth": null, "criterion": "auto", "bootstrap": true, "permutation_importance": false, "seed": 1, "threads": 0}','{"schema": 1, "steps": [{"step": "cutout", "minimum": 6519.0, "maximum": 6732.0}, {"step": "resample", "minimum": 6519.0, "maximum": 6732.0, "points": 140}, {"step": "scale", "method": "minmax"}]}','1m8j02febn7dcp','{"kind": "spectra", "name": "old spectra", "sha256": "04195e67d476c02b379485b83bca37ded178dc5458e589ee513fb1da16752a4d", "synthetic": true, "count": 18}','local','{"cpus": 2.0, "memory_mb": 2048, "gpus": 0, "walltime_s": 1, "labels": [], "parts": 1}',NULL,NULL,NULL,'2026-11-28T21:13:50.731Z','2026-11-28T21:13:51.382Z','2026-11-28T21:13:55.312Z',NULL,'','{"times": {"time_limit": 1}, "backoff_s": 0.1}',NULL,1);
INSERT INTO "jobs" VALUES('1m8j03vj7cm1xy','owner','stopped map','','train','som','0.1.0','huggins/som:0.1.0','ABORTED','abort','Stopped on request.','{"columns": 4, "rows": 4, "topology": "hexagonal", "epochs": 10000, "algorithm": "batch", "initialisation": "pca", "distance": "euclidean", "neighbourhood": "gaussian", "radius": null, "radius_end": 1.0, "radius_decay": "linear", "learning_rate": null, "learning_rate_end": 0.01, "learning_rate_decay": null, "bmu_search": "full", "probing_steps": 10, "seed": 0, "threads": null, "outliers": 50, "component_planes": 12, "plane_wavelengths": null}','{"schema": 1, "steps": [{"step": "cutout", "minimum": 6519.0, "maximum": 6732.0}, {"step": "resample", "minimum": 6519.0, "maximum": 6732.0, "points": 140}, {"step": "scale", "method": "minmax"}]}','1m8j02febn7dcp','{"kind": "spectra", "name": "old spectra", "sha256": "04195e67d476c02b379485b83bca37ded178dc5458e589ee513fb1da16752a4d", "synthetic": true, "count": 18}','any','{"cpus": 2.0, "memory_mb": 2048, "gpus": 0, "walltime_s": 86400, "labels": [], "parts": 1}',NULL,'{"phase": "train", "step": 605, "total": 10000, "message": "quantisation error 3.094", "fraction": 0.0605, "seconds_left": 43.46546319496533}',NULL,'2026-11-28T21:13:56.039Z','2026-11-28T21:13:57.334Z','2026-11-28T21:14:08.714Z',NULL,'',NULL,NULL,1);
INSERT INTO "jobs" VALUES('1m8j04c7zcncd0','owner','','','predict','rdf','0.1.0','huggins/rdf:0.1.0','COMPLETED','run','18 spectra are predicted.','{"probabilities": true}','{"schema": 1, "steps": [{"step": "cutout", "minimum": 6519.0, "maximum": 6732.0}, {"step": "resample", "minimum": 6519.0, "maximum": 6732.0, "points": 140, "spacing": null, "sampling": "linear", "method": "linear", "wavelength": null}, {"step": "scale", "method": "minmax"}]}','1m8j02febn7dcp','{"kind": "spectra", "name": "old spectra", "sha256": "04195e67d476c02b379485b83bca37ded178dc5458e589ee513fb1da16752a4d", "synthetic": true, "count": 18}','local','{"cpus": 1.0, "memory_mb": 512, "gpus": 0, "walltime_s": 86400, "labels": [], "parts": 1}',NULL,'{"phase": "report", "step": 0, "total": 1, "message": "", "fraction": 0.0, "seconds_left": null}','{"spectra_prepared": 18.0, "spectra_rejected": 0.0, "spectra_predicted": 18.0, "predicted:absorption": 6.0, "predicted:double peak": 8.0, "predicted:emission": 4.0, "accuracy": 0.8333333333333334, "balanced_accuracy": 0.8571428571428571, "f1_macro": 0.8311688311688311, "precision:absorption": 0.8333333333333334, "recall:absorption": 1.0, "f1:absorption": 0.9090909090909091, "precision:double peak": 0.75, "recall:double peak": 1.0, "f1:double peak": 0.8571428571428571, "precision:emission": 1.0, "recall:emission": 0.5714285714285714, "f1:emission": 0.7272727272727273}','2026-11-28T21:14:13.119Z','2026-11-28T21:14:14.166Z','2026-11-28T21:14:18.461Z','m-1m8j02rf31ww1c','',NULL,NULL,1);
CREATE TABLE leases (
	name VARCHAR(40) NOT NULL, 
	term BIGINT NOT NULL, 
	holder VARCHAR(200) NOT NULL, 
	expires DOUBLE NOT NULL, 
	CONSTRAINT pk_leases PRIMARY KEY (name)
);
INSERT INTO "leases" VALUES('jobs',1,'',0.0);
CREATE TABLE models (
	id VARCHAR(80) NOT NULL, 
	name TEXT NOT NULL, 
	owner VARCHAR(120) NOT NULL, 
	job VARCHAR(80), 
	dataset VARCHAR(80), 
	module VARCHAR(80) NOT NULL, 
	module_version VARCHAR(40) NOT NULL, 
	image TEXT NOT NULL, 
	card JSON NOT NULL, 
	classes JSON, 
	metrics JSON, 
	input JSON NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	size BIGINT NOT NULL, 
	created VARCHAR(30) NOT NULL, 
	CONSTRAINT pk_models PRIMARY KEY (id), 
	CONSTRAINT uq_models_job UNIQUE (job)
);
INSERT INTO "models" VALUES('m-1m8j02rf31ww1c','good forest','owner','1m8j02rf31ww1c','1m8j02febn7dcp','rdf','0.1.0','huggins/rdf:0.1.0','{"schema": 1, "method": "rdf", "recipe": {"schema": 1, "steps": [{"step": "cutout", "minimum": 6519.0, "maximum": 6732.0}, {"step": "resample", "minimum": 6519.0, "maximum": 6732.0, "points": 140, "spacing": null, "sampling": "linear", "method": "linear", "wavelength": null}, {"step": "scale", "method": "minmax"}]}, "classes": ["absorption", "double peak", "emission"], "calibrated": false, "wavelength": [6519.0, 6520.53237410072, 6522.064748201439, 6523.597122302158, 6525.1294964028775, 6526.661870503597, 6528.194244604317, 6529.726618705036, 6531.258992805755, 6532.791366906475, 6534.323741007194, 6535.856115107914, 6537.3884892086335, 6538.920863309352, 6540.453237410072, 6541.985611510791, 6543.517985611511, 6545.050359712231, 6546.582733812949, 6548.115107913669, 6549.6474820143885, 6551.179856115108, 6552.712230215828, 6554.244604316546, 6555.776978417266, 6557.309352517986, 6558.841726618705, 6560.374100719425, 6561.906474820144, 6563.438848920863, 6564.971223021583, 6566.503597122302, 6568.035971223022, 6569.568345323741, 6571.10071942446, 6572.63309352518, 6574.1654676258995, 6575.697841726619, 6577.230215827338, 6578.762589928057, 6580.294964028777, 6581.827338129497, 6583.359712230216, 6584.892086330935, 6586.424460431655, 6587.956834532374, 6589.489208633094, 6591.021582733813, 6592.553956834532, 6594.086330935252, 6595.618705035971, 6597.151079136691, 6598.6834532374105, 6600.215827338129, 6601.748201438849, 6603.280575539568, 6604.812949640288, 6606.345323741008, 6607.877697841726, 6609.410071942446, 6610.942446043166, 6612.474820143885, 6614.007194244605, 6615.5395683453235, 6617.071942446043, 6618.604316546763, 6620.136690647482, 6621.669064748201, 6623.201438848921, 6624.73381294964, 6626.26618705036, 6627.798561151079, 6629.330935251799, 6630.863309352518, 6632.395683453237, 6633.928057553957, 6635.4604316546765, 6636.992805755395, 6638.525179856115, 6640.057553956834, 6641.589928057554, 6643.122302158274, 6644.654676258992, 6646.187050359712, 6647.719424460432, 6649.251798561151, 6650.784172661871, 6652.3165467625895, 6653.848920863309, 6655.381294964029, 6656.913669064748, 6658.446043165468, 6659.978417266187, 6661.510791366906, 6663.043165467626, 6664.575539568345, 6666.107913669065, 6667.640287769784, 6669.172661870503, 6670.705035971223, 6672.237410071943, 6673.769784172662, 6675.302158273381, 6676.8345323741005, 6678.36690647482, 6679.89928057554, 6681.431654676259, 6682.964028776978, 6684.496402877698, 6686.028776978417, 6687.561151079137, 6689.093525179856, 6690.625899280575, 6692.158273381295, 6693.690647482014, 6695.223021582734, 6696.755395683454, 6698.287769784172, 6699.820143884892, 6701.3525179856115, 6702.884892086331, 6704.417266187051, 6705.949640287769, 6707.482014388489, 6709.014388489209, 6710.546762589928, 6712.079136690648, 6713.6115107913665, 6715.143884892086, 6716.676258992806, 6718.208633093525, 6719.741007194245, 6721.273381294964, 6722.805755395683, 6724.338129496403, 6725.8705035971225, 6727.402877697842, 6728.935251798561, 6730.46762589928, 6732.0], "parameters": {"task": "classification", "trees": 4, "variant": "random_forest", "folds": 2, "test_fraction": 0.0, "calibration": "none", "class_weight": "balanced_subsample", "max_features": "sqrt", "feature_fraction": 0.3, "min_samples_split": 2, "min_samples_leaf": 1, "max_depth": null, "criterion": "auto", "bootstrap": true, "permutation_importance": false, "seed": 1, "threads": 0}, "details": {"features": 140, "trees": 4}, "version": "0.1.0", "metrics": {"spectra_prepared": 18.0, "spectra_rejected": 0.0, "oob_score": 0.4444444444444444, "accuracy_by_trees": 0.4, "calibration_error": 0.4861111111111111, "accuracy": 0.3888888888888889, "balanced_accuracy": 0.4444444444444444, "f1_macro": 0.39826839826839827, "precision:absorption": 0.8333333333333334, "recall:absorption": 1.0, "f1:absorption": 0.9090909090909091, "precision:double peak": 0.25, "recall:double peak": 0.3333333333333333, "f1:double peak": 0.2857142857142857, "precision:emission": 0.0, "recall:emission": 0.0, "f1:emission": 0.0}, "module": "rdf", "module_version": "0.1.0", "image": "huggins/rdf:0.1.0", "job": "1m8j02rf31ww1c", "training_set": {"name": "old spectra", "sha256": "04195e67d476c02b379485b83bca37ded178dc5458e589ee513fb1da16752a4d", "features_sha256": "5896ee7306a1611a0c68c2f9b143f6efd6c69ac2a21e2e026665856af1c3cfb0", "rows": 18, "synthetic": true}, "created": "2026-11-28T21:13:49.890Z", "files": [{"path": "forest.skops", "size": 100000, "sha256": "aedda4fc1253782da3b8bbe68547860c45e1a8e7bfb689aa5d4c4311e29a0c12"}, {"path": "recipe/recipe.json", "size": 339, "sha256": "c5278d6ca935dad80068476c410019afe1ea786d08664672fff54ce4c187d85f"}, {"path": "trees.npz", "size": 3048, "sha256": "fb84fbfc467af1b22e7367831fcc3112c09a858b202498184f5a784808fedd28"}]}','["absorption", "double peak", "emission"]','{"spectra_prepared": 18.0, "spectra_rejected": 0.0, "oob_score": 0.4444444444444444, "accuracy_by_trees": 0.4, "calibration_error": 0.4861111111111111, "accuracy": 0.3888888888888889, "balanced_accuracy": 0.4444444444444444, "f1_macro": 0.39826839826839827, "precision:absorption": 0.8333333333333334, "recall:absorption": 1.0, "f1:absorption": 0.9090909090909091, "precision:double peak": 0.25, "recall:double peak": 0.3333333333333333, "f1:double peak": 0.2857142857142857, "precision:emission": 0.0, "recall:emission": 0.0, "f1:emission": 0.0}','{"kind": "spectra", "name": "old spectra", "sha256": "04195e67d476c02b379485b83bca37ded178dc5458e589ee513fb1da16752a4d", "synthetic": true, "count": 18}','24aff9e9df72f92fcd992dac5908741c32cc09e64252c8664cd5292a046ec723',108193,'2026-11-28T21:13:50.336Z');
CREATE TABLE module_descriptions (
	digest VARCHAR(200) NOT NULL, 
	module VARCHAR(80) NOT NULL, 
	description JSON NOT NULL, 
	asked VARCHAR(30) NOT NULL, 
	CONSTRAINT pk_module_descriptions PRIMARY KEY (digest, module)
);
CREATE TABLE nodes (
	name VARCHAR(80) NOT NULL, 
	settings JSON, 
	drained VARCHAR(30), 
	"by" VARCHAR(120) NOT NULL, 
	changed VARCHAR(30) NOT NULL, 
	CONSTRAINT pk_nodes PRIMARY KEY (name)
);
INSERT INTO "nodes" VALUES('bench','{"kind": "process", "cpus": 2, "memory_mb": 0, "gpus": 0, "slots": 0, "job_cpus": 0.0, "job_memory_mb": 0, "job_walltime_s": 0, "labels": ["quick"], "url": "", "partition": "", "account": "", "qos": "", "folder": "", "shared": [], "ssh_key": "", "known_hosts": "", "python": "", "udocker_tarball": "", "runtime": "", "tls_ca": "", "tls_cert": "", "tls_key": "", "probe_seconds": 15.0, "timeout_seconds": 60.0}',NULL,'owner','2026-11-28T21:13:10.219Z');
CREATE TABLE notification_settings (
	identity VARCHAR(120) NOT NULL, 
	email VARCHAR(320) NOT NULL, 
	webhook TEXT NOT NULL, 
	secret VARCHAR(80) NOT NULL, 
	about VARCHAR(10) NOT NULL, 
	waits_minutes INTEGER NOT NULL, 
	changed VARCHAR(30) NOT NULL, 
	CONSTRAINT pk_notification_settings PRIMARY KEY (identity)
);
INSERT INTO "notification_settings" VALUES('owner','','https://hook.invalid/huggins','whs_TxCiI3qjZmC4ezPHF7rMK4pNARTyYRmRdTXNZ6ree3Y','failed',0,'2026-11-28T21:13:10.135Z');
CREATE TABLE outbox (
	id VARCHAR(80) NOT NULL, 
	job VARCHAR(80) NOT NULL, 
	identity VARCHAR(120) NOT NULL, 
	event VARCHAR(10) NOT NULL, 
	channel VARCHAR(10) NOT NULL, 
	target TEXT NOT NULL, 
	detail JSON NOT NULL, 
	state VARCHAR(10) NOT NULL, 
	tries INTEGER NOT NULL, 
	due VARCHAR(30) NOT NULL, 
	error TEXT NOT NULL, 
	created VARCHAR(30) NOT NULL, 
	sent VARCHAR(30), 
	CONSTRAINT pk_outbox PRIMARY KEY (id), 
	CONSTRAINT uq_outbox_job_event_channel_identity UNIQUE (job, event, channel, identity)
);
INSERT INTO "outbox" VALUES('1m8j03tymsrqcc','1m8j03pcbvw30h','owner','ended','webhook','https://hook.invalid/huggins','{"phase": "ERROR", "reason": "stopped, though nobody aborted it here: Stopped on request.", "module": "rdf", "label": "out of time"}','waiting',2,'2026-11-28T21:15:27.175Z','Cannot connect to host hook.invalid:443 ssl:default [Name or service not known]','2026-11-28T21:13:55.412Z',NULL);
CREATE TABLE platform_facts (
	name VARCHAR(40) NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_platform_facts PRIMARY KEY (name)
);
INSERT INTO "platform_facts" VALUES('owner','huggins-105e4d30');
CREATE TABLE tokens (
	hash VARCHAR(64) NOT NULL, 
	kind VARCHAR(10) NOT NULL, 
	identity VARCHAR(120) NOT NULL, 
	created VARCHAR(30) NOT NULL, 
	expires VARCHAR(30) NOT NULL, 
	CONSTRAINT pk_tokens PRIMARY KEY (hash)
);
CREATE INDEX ix_datasets_created ON datasets (created, id);
CREATE INDEX ix_datasets_state ON datasets (state);
CREATE INDEX ix_events_job ON events (job, id);
CREATE INDEX ix_events_kind_job ON events (kind, job);
CREATE INDEX ix_models_created ON models (created, id);
CREATE INDEX ix_models_module_created ON models (module, created);
CREATE INDEX ix_attempts_state ON attempts (state);
CREATE UNIQUE INDEX uq_attempts_live ON attempts (job) WHERE state in ('intended', 'launched');
CREATE INDEX ix_dataset_files_state ON dataset_files (dataset, state);
CREATE INDEX ix_dataset_spectra_label ON dataset_spectra (dataset, label, number);
CREATE INDEX ix_dataset_spectra_name ON dataset_spectra (dataset, name);
CREATE INDEX ix_dataset_spectra_path ON dataset_spectra (dataset, path);
CREATE INDEX ix_dataset_spectra_snr ON dataset_spectra (dataset, snr);
CREATE INDEX ix_deployment_versions_model ON deployment_versions (model);
CREATE INDEX ix_deployment_tokens_deployment ON deployment_tokens (deployment);
CREATE INDEX ix_deployment_usage_minute ON deployment_usage (minute);
CREATE INDEX ix_deployment_predictions_deployment ON deployment_predictions (deployment, created);
CREATE INDEX ix_deployment_predictions_gateway ON deployment_predictions (gateway, state);
CREATE INDEX ix_job_words_word ON job_words (word, job);
CREATE INDEX ix_outbox_state_due ON outbox (state, due);
CREATE INDEX ix_jobs_parent ON jobs (parent, created, id);
CREATE INDEX ix_jobs_owner_created ON jobs (owner, created, id);
CREATE INDEX ix_jobs_module_created ON jobs (module, created, id);
CREATE INDEX ix_jobs_owner_phase ON jobs (owner, phase, created, id);
CREATE INDEX ix_jobs_model ON jobs (model, created);
CREATE INDEX ix_jobs_dataset_created ON jobs (dataset, created, id);
CREATE INDEX ix_jobs_label ON jobs (label, id, phase, owner, module, node);
CREATE INDEX ix_jobs_module_phase ON jobs (module, phase, created, id);
CREATE INDEX ix_jobs_node_created ON jobs (node, created, id);
CREATE INDEX ix_jobs_phase_created ON jobs (phase, created, id);
CREATE INDEX ix_jobs_ended ON jobs (ended, id, phase, owner, module, node);
CREATE INDEX ix_jobs_created_id ON jobs (created, id, phase, owner, module, node);
COMMIT;
