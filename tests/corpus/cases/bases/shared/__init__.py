from .base import Mixin, Root
