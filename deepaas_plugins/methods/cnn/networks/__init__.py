"""The networks: described as plain data, built by Keras, written as ONNX graphs, and stored safely.

`network` is the description and `architectures` makes them; `keras_network` builds one for training, `graph`
for serving; `keras_archive` and `stored_graph` read files without trusting them.
"""
