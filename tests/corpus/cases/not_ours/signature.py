class Signature:
    pass


class InputField:
    pass


def OutputField(**kwargs):
    return None
