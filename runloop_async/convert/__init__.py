"""JSON to models and back, by cattrs converters, and by msgspec where that is faster.

`decode` and `structure` are strict about types and open to what the API may learn: a
wrong type or a missing key is an error with the path to it; an unknown key passes, an
unknown word stays as it came, an unknown kind of object becomes `Unknown`. `dump` turns
a model into JSON in wire names, and `structure` of that is the same model. `encode`
checks what a user gives, dicts and models in any mix, and turns it into JSON.
"""

from runloop_async.convert.documents import decode, from_dict, to_dict, to_json

__all__ = ["decode", "from_dict", "to_dict", "to_json"]
