from .core import *
from .core import dspy
from .core import Sig as Signature
