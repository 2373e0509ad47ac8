from enum import Enum

COLOURS = ["red", "green"]


class Desk(Enum):
    SPORT = "sport"
    CITY = "city"
    TOWN = "city"
