"""Convolutional networks, trained by Keras, served by ONNX Runtime. Start reading at `method.py`.

`network` describes a network as data: `keras_network` builds it for training, `graph` writes it as ONNX with
the trained weights. Only the modules whose names begin with ``keras`` import Keras and TensorFlow, and only
training imports them: `model` predicts with ONNX Runtime alone.
"""

from deepaas_plugins.deepaas.adapter import plugin as _plugin
from deepaas_plugins.methods.cnn.method import ConvolutionalNetwork

plugin = _plugin(ConvolutionalNetwork)
