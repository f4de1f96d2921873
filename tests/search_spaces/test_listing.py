from __future__ import annotations

import json

import search_spaces
from search_spaces.listing import FILE, listing


def test_the_listing_in_the_file_is_that_of_the_spaces() -> None:
    expected = json.loads(json.dumps(listing()))
    assert json.loads(FILE.read_text()) == expected, "python -m search_spaces.listing writes it"
    assert list(expected) == search_spaces.names()
