"""python given_names.py > ../model/given_names.txt: given names that are one gender's, folded, one a line ("anna f").

From the lists of Faker (MIT) and of names (the US census of 1990, public domain): pip install faker names.
"""

import importlib
import pkgutil
import unicodedata
from collections import defaultdict
from pathlib import Path

import faker.providers.person as person
import names


def fold(name: str) -> str | None:
    """As fold.rs: lower case without accents. None for other scripts and for several words."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.lower()) if not unicodedata.combining(c))
    return plain if plain.isalpha() and all("LATIN" in unicodedata.name(c) for c in plain) else None


weight = defaultdict(lambda: {"f": 0.0, "m": 0.0})
for module in pkgutil.iter_modules(person.__path__):
    provider = importlib.import_module(f"{person.__name__}.{module.name}").Provider
    for gender, attribute in (("f", "first_names_female"), ("m", "first_names_male")):
        for name in getattr(provider, attribute, ()):
            name = name if isinstance(name, str) else name[-1]  # (Japanese, romanised)
            weight[fold(name)][gender] += 1
for gender, file in (("f", "female"), ("m", "male")):
    for line in (Path(names.__file__).parent / f"dist.{file}.first").read_text().splitlines():
        name, percent, *_ = line.split()
        weight[fold(name)][gender] += 100 * float(percent)
weight.pop(None, None)
for name, of in sorted(weight.items()):
    gender = max(of, key=of.get)
    if of[gender] > 5 * (sum(of.values()) - of[gender]) and len(name) > 2:
        print(name, gender)
