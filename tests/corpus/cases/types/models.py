from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from pydantic import BaseModel, Field


class Colour(str, Enum):
    RED = "red"
    BLUE = "blue"


class Address(BaseModel):
    street: str = Field(description="with number")
    city: str


class Person(BaseModel):
    name: str
    address: Address
    tags: list[str] = []


T = TypeVar("T")


class Box(BaseModel, Generic[T]):
    item: T


@dataclass
class Point:
    x: int
    y: int
