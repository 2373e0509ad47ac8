from .basic import Basic
