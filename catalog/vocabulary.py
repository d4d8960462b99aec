"""The closed lists of AI4 metadata 2.x (its JSON schema 2.3.0), in its order, and our spectral ones."""

#: Images that a module's image may stand on: with nothing more than every module has, or with TensorFlow.
BASES = ("plain", "tensorflow")

LIBRARIES = ("TensorFlow", "PyTorch", "Keras", "Scikit-learn", "XGBoost", "LightGBM", "CatBoost", "Other")

TASKS = (
    "Computer Vision",
    "Natural Language Processing",
    "Time Series",
    "Recommender Systems",
    "Anomaly Detection",
    "Regression",
    "Classification",
    "Clustering",
    "Dimensionality Reduction",
    "Generative Models",
    "Graph Neural Networks",
    "Optimization",
    "Reinforcement Learning",
    "Transfer Learning",
    "Uncertainty Estimation",
    "Other",
)

TRAINABLE = "AI4 trainable"
CATEGORIES = ("AI4 pre trained", TRAINABLE, "AI4 inference", "AI4 tools")

DATA_TYPES = ("Image", "Text", "Time Series", "Tabular", "Graph", "Audio", "Video", "Other")

LINKS = (
    "self",
    "documentation",
    "source_code",
    "docker_image",
    "zenodo_doi",
    "dataset",
    "weights",
    "citation",
    "base_model",
)

#: Keys of AI4 metadata 1.x, which 2.x forbids.
FORBIDDEN = ("tosca", "sources", "dataset_url", "cite_url", "date_creation", "keywords")

#: Kinds of container nodes that a module may claim to run on.
NODES = ("docker", "udocker")

FRAMES = ("vacuum", "air", "any")
ENTRIES = ("batch", "deepaas")

#: Unit of wavelength to Å.
ANGSTROMS = {"Angstrom": 1.0, "nm": 10.0, "um": 1e4}
