"""x"""


class UdockerLauncher:
    def __init__(self, state): ...
