"""Links: keys that cannot be guessed, and what may be known of them."""

import hashlib
import itertools
import math

import pytest

from readyby import links
from readyby.model import SessionRef


@pytest.mark.invariant("I-28")
def test_a_key_has_128_bits_and_is_one_word_to_any_phone() -> None:
    assert links.KEY_LETTERS * math.log2(62) > 128
    keys = {links.new_key() for _ in range(200)}
    assert len(keys) == 200
    assert all(links.is_key(key) and key.isalnum() and key.isascii() for key in keys)


def test_a_key_comes_from_the_given_source() -> None:
    letters = itertools.count()
    assert links.new_key(lambda alphabet: alphabet[next(letters)]) == "abcdefghijklmnopqrstuv"


@pytest.mark.invariant("I-28")
def test_only_the_hash_is_known_of_a_key() -> None:
    assert links.key_hash("abc") == hashlib.sha256(b"abc").hexdigest()


def test_the_link_stands_under_the_public_address() -> None:
    assert links.link("https://ev.example/", "k" * 22) == f"https://ev.example/c/{'k' * 22}"


def test_page_and_cookie_carry_the_reference_not_the_key() -> None:
    ref = SessionRef("abcdefgh12345678")
    assert links.page_path(ref) == "/s/abcdefgh12345678"
    assert links.cookie_name(ref) == "rb_abcdefgh12345678"
