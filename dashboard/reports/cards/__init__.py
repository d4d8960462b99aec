"""Cards of models: what one must know to trust, use and cite a model. Start reading at `model_card.py`."""
