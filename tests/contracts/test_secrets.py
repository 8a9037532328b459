"""No secret, no address of a machine and no address of a person in any file that git knows."""

from ipaddress import ip_address, ip_network
import re

from .reading import ROOT, is_text, name_of, text, tracked

TOKENS = re.compile(
    r"""
    -----BEGIN[ ][A-Z ]*PRIVATE[ ]KEY                   # any key
    | \bgh[pousr]_[A-Za-z0-9]{20,} | \bgithub_pat_\w{20,}
    | \bglpat-[\w-]{20,} | \bxox[abprs]-[\w-]{10,} | \bAKIA[0-9A-Z]{16}\b | \bAIza[\w-]{35}
    | \bpypi-[A-Za-z0-9_-]{40,} | \bnpm_[A-Za-z0-9]{36}
    | \beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}        # a signed web token, as Home Assistant's long-lived ones
    | (?i:x-plex-token|plex_token|authToken)["']?\s*[=:]\s*["']?(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{20}(?![\w-])
    | https?://[^\s/"'<>:@{}]+:[^\s/"'<>@{}]{5,}@           # a password in an address
    """,
    re.VERBOSE,
)
MAIL = re.compile(r"\b[\w.+-]+@([\w-]+(?:\.[\w-]+)*\.[a-z]{2,})\b", re.IGNORECASE)
RESERVED = re.compile(r"(^|\.)example(\.(com|net|org))?$|\.(example|test|invalid|localhost)$", re.IGNORECASE)
"""Domains that belong to nobody (RFC 2606)."""
NO_MAIL = re.compile(r"^(git@github\.com|[\w./-]+@(v\d|main|master).*)$")
ADDRESS = re.compile(r"(?<![\w.])(\d{1,3}(?:\.\d{1,3}){3})(?![\w.]*\d)")
PLAYED = [
    ip_network(one)
    for one in (
        "127.0.0.0/8",  # this machine
        "0.0.0.0/32",
        "192.0.2.0/24",  # for documents (RFC 5737), as the next two
        "198.51.100.0/24",
        "203.0.113.0/24",
        "192.168.1.0/24",  # what nearly every router gives: the simulator's home, and examples in tests
        "192.168.0.0/24",
        "10.0.0.0/24",
        "172.17.0.0/16",  # Docker's bridge, the same everywhere
        "239.0.0.0/8",  # multicast, from the protocol
        "1.0.0.0/8",  # versions of Plex Media Server look like this
        "8.8.8.8/32",  # a resolver everybody knows
    )
]
VERSIONS = "requirements/"
"""Where four numbers with dots are versions, not addresses."""

TEXTS = [path for path in tracked() if is_text(path) and not name_of(path).startswith("tests/fuzz/corpus/")]


def test_no_token_and_no_key():
    found = [
        f"{name_of(path)}: {match[0][:40]}"
        for path in TEXTS
        if path != ROOT / "tests/contracts/test_secrets.py"
        for match in TOKENS.finditer(text(path))
    ]
    assert found == []


def test_nobodys_mail_address():
    found = [
        f"{name_of(path)}: {match[0]}"
        for path in TEXTS
        for match in MAIL.finditer(text(path))
        if not RESERVED.search(match[1]) and not NO_MAIL.match(match[0])
    ]
    assert found == []


def test_nobodys_network_address():
    found = set()
    for path in TEXTS:
        if name_of(path).startswith(VERSIONS):
            continue
        for match in ADDRESS.finditer(text(path)):
            try:
                address = ip_address(match[1])
            except ValueError:
                continue
            if not any(address in network for network in PLAYED):
                found.add(f"{name_of(path)}: {address}")
    assert sorted(found) == []


def test_what_is_looked_for_is_found():
    """A pattern that finds nothing proves nothing."""
    plex = "X-Plex-Token" + "=" + "aB3" + "d" * 17
    for bad in (
        "-----BEGIN RSA " + "PRIVATE KEY-----",
        "ghp_" + "a" * 36,
        plex,
        "https://me:secret" + "@host.example/x",
    ):
        assert TOKENS.search(bad), bad
    for good in ("X-Plex-Token: owner-token", "token=demo-owner-token", "https://host.example/x@y"):
        assert not TOKENS.search(good), good
    assert MAIL.search("somebody" + "@" + "gmail.com")
    assert ADDRESS.search("http://81.2.69." + "160:32400")


def test_no_file_that_holds_secrets_by_its_nature():
    names = re.compile(
        r"(^|/)(\.env|\.netrc|\.pypirc|id_(rsa|ed25519)|.*\.(pem|key|p12|pfx|kdbx)|secrets\.yaml|\.storage/.*)$"
    )
    assert [name_of(path) for path in tracked() if names.search(name_of(path))] == []
