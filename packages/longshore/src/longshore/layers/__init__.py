"""Layers of an image: wheels without recompression, a virtual environment, bytecode, plain files.

The recipe needs ``image_layers(LayerInputs(...), ...) -> LayerSet`` and ``materialise_all``; see
``longshore.layers.assemble``.
"""
