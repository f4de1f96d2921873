"""Published networks, by name."""

from search_spaces.reference.deepnets import deepnets_vit
from search_spaces.reference.densenet import densenet121
from search_spaces.reference.mobilenet import mobilenet_v2
from search_spaces.reference.registry import REFERENCES, Reference, reference, reference_names
from search_spaces.reference.resnet import resnet18, resnet50
from search_spaces.reference.vgg import vgg11_bn, vgg16_bn
from search_spaces.reference.vit import vit_b_16, vit_s_16, vit_ti_16

__all__ = [
    "REFERENCES",
    "Reference",
    "deepnets_vit",
    "densenet121",
    "mobilenet_v2",
    "reference",
    "reference_names",
    "resnet18",
    "resnet50",
    "vgg11_bn",
    "vgg16_bn",
    "vit_b_16",
    "vit_s_16",
    "vit_ti_16",
]
